package allockit

import (
	"errors"
	"syscall"
	"testing"
)

// FuzzPool performs what its input says: gets of any length, puts of what is out
// and of what is not, trims and the like, on pools of several kinds. A model knows
// which buffers are out; every answer must be the model's, and no payload may change.
func FuzzPool(f *testing.F) {
	f.Add([]byte{0, 0, 1, 2, 0, 200, 3, 0, 4, 1})
	f.Add([]byte{1, 0, 0, 10, 1, 0, 2, 0, 2, 1, 5, 0, 6, 0, 7, 0})
	f.Add([]byte{2, 1, 255, 1, 255, 3, 0, 3, 0, 4, 0, 5, 0, 1, 7})
	f.Add([]byte{3, 0, 0, 0, 0, 2, 0, 8, 0, 9, 0, 3, 1})
	if err := SetMisuseMode(MisuseCount); err != nil {
		f.Fatal(err)
	}
	configs := []PoolConfig{
		{},
		{LocalCacheBytes: 1, CheckMode: CheckExact},
		{ClassBytes: []uint64{100, 1000, 5000}, LocalCacheBytes: 10000},
		{ZeroMode: ZeroOnFree, LimitBytes: 1 << 20},
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) == 0 {
			return
		}
		config := configs[int(input[0])%len(configs)]
		p, err := NewPool(config)
		if err != nil {
			t.Fatal(err)
		}
		l := p.Local()
		type held struct {
			b    []byte
			seed uint64
		}
		var out, past []held
		var gets, puts, misuses uint64
		isOut := func(b []byte) bool {
			for _, h := range out {
				if address(h.b) == address(b) {
					return true
				}
			}
			return false
		}
		get := func(get func(int) ([]byte, error), n int) {
			b, err := get(n)
			if err != nil {
				if !errors.Is(err, syscall.ENOMEM) && !errors.Is(err, syscall.EMSGSIZE) || config.LimitBytes == 0 {
					t.Fatalf("get of %d: %v", n, err)
				}
				return
			}
			if len(b) != n || cap(b) < n || isOut(b) {
				t.Fatalf("get of %d: length %d, capacity %d, with the program already: %v", n, len(b), cap(b), isOut(b))
			}
			gets++
			paint(b[:cap(b)], gets)
			out = append(out, held{b, gets})
		}
		put := func(put func([]byte) error, i int) {
			if len(out) == 0 {
				return
			}
			i %= len(out)
			h := out[i]
			if !painted(h.b[:cap(h.b)], h.seed) {
				t.Fatal("a buffer was overwritten")
			}
			out[i] = out[len(out)-1]
			out = out[:len(out)-1]
			if err := put(h.b); err != nil {
				t.Fatal(err)
			}
			puts++
			past = append(past, h)
		}
		wrong := func(b []byte) {
			if err := p.TryPut(b); !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOENT) {
				t.Fatalf("wrong put: %v", err)
			}
			misuses++
		}
		for rest := input[1:]; len(rest) >= 2; rest = rest[2:] {
			n := int(rest[1])
			switch rest[0] % 10 {
			case 0:
				get(p.TryGet, n*n*2)
			case 1:
				get(l.TryGet, n*31)
			case 2:
				put(p.TryPut, n)
			case 3:
				put(l.TryPut, n)
			case 4: // a slice that was put before, unless its memory is out again
				if len(past) > 0 && !isOut(past[n%len(past)].b) {
					wrong(past[n%len(past)].b)
				}
			case 5:
				if len(out) > 0 {
					if b := out[n%len(out)].b; cap(b) > n+1 {
						wrong(b[:cap(b)][n+1:])
					}
				}
			case 6:
				wrong(make([]byte, n+1))
			case 7:
				p.Trim()
			case 8:
				l.Flush()
			case 9:
				if _, err := p.Purge(PurgeAll); err != nil {
					t.Fatal(err)
				}
			}
		}
		s, err := p.Stats()
		if err != nil {
			t.Fatal(err)
		}
		if s.AllocsTotal != gets || s.FreesTotal != puts || s.OutBuffers != uint64(len(out)) || s.MisusesTotal != misuses {
			t.Fatalf("%d gets, %d puts, %d out, %d misuses: %+v", gets, puts, len(out), misuses, s)
		}
		if len(input)%2 == 0 {
			if err := p.Close(); (err != nil) != (len(out) > 0) {
				t.Fatal(err)
			}
		}
		for len(out) > 0 {
			put(p.TryPut, 0)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
