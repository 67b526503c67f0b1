package allockit

import (
	"encoding/json"
	"reflect"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// oneProcessor makes figures exact: every goroutine finds the same cache.
func oneProcessor(t *testing.T) {
	t.Helper()
	before := runtime.GOMAXPROCS(1)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// wantFigures compares the fields that are named.
func wantFigures(t *testing.T, have any, want map[string]uint64) {
	t.Helper()
	v := reflect.ValueOf(have)
	for name, n := range want {
		if f := v.FieldByName(name); f.Uint() != n {
			t.Errorf("%s is %d, not %d", name, f.Uint(), n)
		}
	}
}

func TestPoolCounters(t *testing.T) {
	oneProcessor(t)
	countOnly(t)
	p := newPool(t, PoolConfig{})
	for range 1000 {
		p.Put(p.Get(3000))
	}
	s := poolStatsOf(t, p)
	wantFigures(t, s, map[string]uint64{
		"Kind": uint64(KindPool), "LimitBytes": None, "AllocsTotal": 1000, "FreesTotal": 1000, "PutsTotal": 1000, "HitsTotal": 999,
		"MissesTotal": 1, "ReusedBytesTotal": 999 * 4096, "OutBuffers": 0, "UsedBytes": 0, "MisusesTotal": 0, "FailuresTotal": 0,
		"FillsTotal": 1, "FlushesTotal": 0, "LocalCacheBytes": 4 * 4096, "OversizeTotal": 0, "ZeroedBytesTotal": 0,
	})
	if s.ThreadCacheBytes < s.LocalCacheBytes || s.CachedBytes < s.ThreadCacheBytes || s.MappedBytes == 0 || s.MetadataBytes == 0 || s.GrownTotal != 1 {
		t.Errorf("%+v", s)
	}

	// 4, 8, 16, 32 and then 64 at a time come from C.
	out := make([][]byte, 500)
	must[int](t)(p.GetN(2000, out))
	s = poolStatsOf(t, p)
	wantFigures(t, s, map[string]uint64{
		"AllocsTotal": 1500, "OutBuffers": 500, "UsedBytes": 500 * 2048, "MissesTotal": 1 + 11, "HitsTotal": 999 + 489,
		"ReusedBytesTotal": 999*4096 + 489*2048, "FillsTotal": 12, "LocalCacheBytes": 4*4096 + 8*2048,
	})
	if s.OutPeakBuffers < 500 || s.UsedPeakBytes < 500*2048 {
		t.Errorf("%+v", s)
	}
	classes := must[[]ClassStats](t)(p.ClassStats())
	wantFigures(t, classes[0], map[string]uint64{"BlockBytes": 2048, "UsedBlocks": 500, "GetsTotal": 500, "PutsTotal": 0, "HitsTotal": 489, "MissesTotal": 11})
	wantFigures(t, classes[1], map[string]uint64{"BlockBytes": 4096, "UsedBlocks": 0, "GetsTotal": 1000, "PutsTotal": 1000, "HitsTotal": 999, "MissesTotal": 1})
	if classes[0].CachedBlocks < 8 || classes[0].UsedPeakBlocks < 500 || classes[1].CachedBlocks < 4 || classes[1].Slabs != 1 {
		t.Errorf("%+v", classes[:2])
	}

	// 8 lie here and 128 may: 120 fit, then half go with every put that does not.
	if n := p.PutN(out); n != 500 {
		t.Fatal(n)
	}
	s = poolStatsOf(t, p)
	wantFigures(t, s, map[string]uint64{
		"FreesTotal": 1500, "PutsTotal": 1500, "OutBuffers": 0, "UsedBytes": 0, "FlushesTotal": 6, "LocalCacheBytes": 4*4096 + 124*2048,
	})
	wantFigures(t, must[[]ClassStats](t)(p.ClassStats())[0], map[string]uint64{"UsedBlocks": 0, "PutsTotal": 500})

	p.Put(p.Get(1 << 20))
	p.TryPut(nil)
	p.TryPut([]byte{})
	p.TryPut(make([]byte, 1))
	p.TryPut(out[0])
	p.Trim()
	s = poolStatsOf(t, p)
	wantFigures(t, s, map[string]uint64{
		"AllocsTotal": 1501, "FreesTotal": 1501, "PutsTotal": 1500, "OversizeTotal": 1, "MisusesTotal": 3, "LocalCacheBytes": 0,
		"FlushesTotal": 8, "HitsTotal": 999 + 489, "MissesTotal": 12,
	})
	if s.CachedBytes == 0 {
		t.Error("nothing is kept")
	}
	must[uint64](t)(p.Purge(PurgeAll | PurgeWait))
	s = poolStatsOf(t, p)
	wantFigures(t, s, map[string]uint64{"CachedBytes": 0, "ThreadCacheBytes": 0})
	if s.PurgesTotal == 0 || s.DiscardsTotal == 0 {
		t.Errorf("%+v", s)
	}
}

// The same figures from a local, and after it has ended.
func TestPoolLocalCounters(t *testing.T) {
	p := newPool(t, PoolConfig{})
	l := p.Local()
	for range 100 {
		l.Put(l.Get(3000))
	}
	a := l.Get(3000)
	b := l.Get(1 << 20)
	want := map[string]uint64{"AllocsTotal": 102, "FreesTotal": 100, "HitsTotal": 100, "MissesTotal": 1, "OutBuffers": 2, "FillsTotal": 1, "OversizeTotal": 1}
	wantFigures(t, poolStatsOf(t, p), want)
	l.Put(a)
	l.Put(b)
	wantNil(t, l.Close())
	want["FreesTotal"], want["OutBuffers"], want["LocalCacheBytes"], want["FlushesTotal"] = 102, 0, 0, 1
	wantFigures(t, poolStatsOf(t, p), want)
}

// Where nothing is kept on the Go side the figures are those of C.
func TestPoolCountersWithoutCaches(t *testing.T) {
	p := newPool(t, PoolConfig{LocalCacheBytes: 1})
	wantNil(t, p.Warm(8192, 10))
	out := make([][]byte, 20)
	must[int](t)(p.GetN(8192, out[:10]))
	wantFigures(t, poolStatsOf(t, p), map[string]uint64{"HitsTotal": 10, "MissesTotal": 0, "OutBuffers": 10, "OutPeakBuffers": 10, "LocalCacheBytes": 0, "FillsTotal": 0})
	p.PutN(out[:10])
	wantFigures(t, poolStatsOf(t, p), map[string]uint64{"PutsTotal": 10, "OutBuffers": 0, "FlushesTotal": 0})
}

func TestPoolZeroedBytes(t *testing.T) {
	oneProcessor(t)
	p, q := newPool(t, PoolConfig{ZeroMode: ZeroOnAlloc}), newPool(t, PoolConfig{ZeroMode: ZeroOnFree})
	p.Put(p.Get(1))
	before := poolStatsOf(t, p).ZeroedBytesTotal
	for range 10 {
		p.Put(p.Get(1))
	}
	if n := poolStatsOf(t, p).ZeroedBytesTotal - before; n != 10*2048 {
		t.Errorf("%d bytes zeroed when handed out", n)
	}
	for range 10 {
		q.Put(q.Get(1))
	}
	wantFigures(t, poolStatsOf(t, q), map[string]uint64{"ZeroedBytesTotal": 10 * 2048})
}

// Refusals of C that end well are no failures.
func TestPoolFailures(t *testing.T) {
	oneProcessor(t)
	for _, local := range []uint64{0, 1} {
		p := newPool(t, PoolConfig{LimitBytes: 2 << 20, LocalCacheBytes: local})
		var out [][]byte
		for b := p.Get(2048); b != nil; b = p.Get(2048) {
			out = append(out, b)
		}
		for range 9 {
			_, err := p.TryGet(2048)
			wantErr(t, err, syscall.ENOMEM)
		}
		wantFigures(t, poolStatsOf(t, p), map[string]uint64{
			"FailuresTotal": 10, "LimitHitsTotal": 10, "OutBuffers": uint64(len(out)), "AllocsTotal": uint64(len(out)), "UsedBytes": uint64(len(out)) * 2048,
		})
		p.PutN(out)
	}
}

// Texts and the figures of the process say what Stats says.
func TestPoolTexts(t *testing.T) {
	oneProcessor(t)
	countOnly(t)
	before := must[ProcessStats](t)(ReadProcessStats())
	p, twin, quiet := newPool(t, PoolConfig{Name: "texts"}), newPool(t, PoolConfig{Name: "texts"}), newPool(t, PoolConfig{})
	a, b := p.Get(4096), twin.Get(4096)
	p.Put(p.Get(60000))
	p.TryPut([]byte{})
	quiet.Put(quiet.Get(1))
	s, u := poolStatsOf(t, p), poolStatsOf(t, twin)

	var one struct {
		Name                                                     string
		Out_buffers, Used_bytes, Cached_bytes, Misuses_total     uint64
		Allocs_total, Hits_total, Thread_cache_bytes, Puts_total uint64
		Classes                                                  []struct{ Index, Used_blocks, Gets_total, Cached_blocks uint64 }
	}
	text := must[string](t)(StatsJSON(s.ID))
	if err := json.Unmarshal([]byte(text), &one); err != nil {
		t.Fatal(err, text)
	}
	if one.Name != "texts" || one.Out_buffers != 1 || one.Used_bytes != 4096 || one.Cached_bytes != s.CachedBytes || one.Misuses_total != 1 ||
		one.Allocs_total != 2 || one.Hits_total != s.HitsTotal || one.Thread_cache_bytes != s.ThreadCacheBytes || one.Puts_total != 1 {
		t.Errorf("%+v\n%+v", one, s)
	}
	if len(one.Classes) != 2 || one.Classes[0].Index != 1 || one.Classes[0].Used_blocks != 1 || one.Classes[0].Gets_total != 1 ||
		one.Classes[1].Index != 5 || one.Classes[1].Used_blocks != 0 || one.Classes[1].Cached_blocks < 1 {
		t.Errorf("%+v", one.Classes)
	}
	if all := must[string](t)(StatsJSON(0)); !strings.Contains(all, strings.TrimSpace(text)) || !json.Valid([]byte(all)) {
		t.Error("the pool is not among all handles")
	}

	both := must[string](t)(OpenMetrics(0))
	sum := s.CachedBytes + u.CachedBytes
	for _, line := range []string{
		"allockit_pool_out_buffers{handle=\"texts\",copy=\"#\"} 2",
		"allockit_pool_used_bytes{handle=\"texts\",copy=\"#\"} 8192",
		"allockit_pool_cached_bytes{handle=\"texts\",copy=\"#\"} " + decimal(sum),
		"allockit_pool_out_buffers{handle=\"\",copy=\"#\"} 0",
		"allockit_pool_misuses_total{handle=\"texts\",copy=\"#\"} 1",
	} {
		if !hasLine(both, line) {
			t.Errorf("no line %s", line)
		}
	}
	for _, line := range []string{
		"allockit_pool_used_bytes{handle=\"texts\",copy=\"#\"} 4096",
		"allockit_pool_class_used_blocks{handle=\"texts\",id=\"#\",block_bytes=\"4096\",copy=\"#\"} 1",
		"allockit_pool_class_used_blocks{handle=\"texts\",id=\"#\",block_bytes=\"65536\",copy=\"#\"} 0",
		"allockit_pool_class_gets_total{handle=\"texts\",id=\"#\",block_bytes=\"65536\",copy=\"#\"} 1",
	} {
		if text := must[string](t)(OpenMetrics(s.ID)); !hasLine(text, line) {
			t.Errorf("no line %s in %s", line, text)
		}
	}
	after := must[ProcessStats](t)(ReadProcessStats())
	if after.UsedBytes-before.UsedBytes != 8192 || after.MisusesTotal-before.MisusesTotal != 1 ||
		after.CachedBytes-before.CachedBytes < sum || !hasLine(both, "allockit_process_used_bytes{copy=\"#\"} "+decimal(after.UsedBytes)) {
		t.Errorf("%+v\n%+v", before, after)
	}
	p.Put(a)
	twin.Put(b)
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

// hasLine looks for a line in which # stands for any label.
func hasLine(text, line string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(line), "#", `[^"]*`)
	return regexp.MustCompile("(?m)^" + pattern + "$").MatchString(text)
}

// A batch from C that finds no room here goes back, and nobody has seen it.
func TestPoolCountersOfLeftovers(t *testing.T) {
	oneProcessor(t)
	p := newPool(t, PoolConfig{LocalCacheBytes: 256 << 10})
	large := make([][]byte, 4)
	must[int](t)(p.GetN(65536, large))
	p.PutN(large) // as much as may lie here
	b := p.Get(2048)
	wantFigures(t, poolStatsOf(t, p), map[string]uint64{
		"AllocsTotal": 5, "FreesTotal": 4, "PutsTotal": 4, "OutBuffers": 1, "UsedBytes": 2048, "LocalCacheBytes": 256 << 10,
	})
	p.Put(b)

	// Memory becomes short while a batch is on its way.
	var batch [4]uintptr
	got := must[int](t)(p.getN(4096, batch[:]))
	got = p.receive(1, batch[:got])
	p.mode.Or(modeTight)
	p.detach(func(int, *shard) bool { return true })
	p.fill(p.own, 1, batch[:got])
	wantFigures(t, poolStatsOf(t, p), map[string]uint64{"AllocsTotal": 6, "FreesTotal": 5, "OutBuffers": 1, "LocalCacheBytes": 0, "HitsTotal": 2})
	p.mode.And(^uint32(modeTight))

	// A put for which half of the fullest class does not make room enough.
	q := newPool(t, PoolConfig{LocalCacheBytes: 256 << 10})
	last, another := q.Get(65536), q.Get(65536)
	for _, n := range []int{2048, 4096, 8192, 16384} {
		full := make([][]byte, 65536/n)
		must[int](t)(q.GetN(n, full))
		q.PutN(full)
	}
	before := poolStatsOf(t, q)
	q.Put(last)
	after := poolStatsOf(t, q)
	wantFigures(t, after, map[string]uint64{"AllocsTotal": 62, "FreesTotal": 61, "PutsTotal": 61, "OutBuffers": 1, "UsedBytes": 65536})
	if after.FlushesTotal != before.FlushesTotal+1 || after.LocalCacheBytes != before.LocalCacheBytes-32<<10 {
		t.Errorf("%+v\n%+v", before, after)
	}
	q.Put(another)
	p.Put(bytesAt(pointerAt(&batch[0]), 4096, 4096))
}
