package pools

import (
	"flag"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var loadTime = flag.Duration("load", 2*time.Second, "how long the load test runs")

// each runs a benchmark for every pool.
func each(b *testing.B, run func(b *testing.B, p Pool)) {
	for _, one := range All {
		b.Run("pool="+one.Name, func(b *testing.B) {
			p := one.Open()
			defer p.Close()
			run(b, p)
		})
	}
}

// measure times what do does, and reports what it cost the collector.
func measure(b *testing.B, do func()) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ReportAllocs()
	b.ResetTimer()
	do()
	b.StopTimer()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.NumGC-before.NumGC)/float64(b.N)*1e6, "collections/Mop")
	b.ReportMetric(float64(after.PauseTotalNs-before.PauseTotalNs)/float64(b.N), "pause-ns/op")
}

// single is a loop of one goroutine.
func single(b *testing.B, p Pool, loop func(w Worker)) {
	w := p.Worker()
	defer w.Close()
	measure(b, func() { loop(w) })
}

func BenchmarkGetPut(b *testing.B) {
	for size := smallest; size < smallest<<classes; size *= 2 {
		b.Run(fmt.Sprintf("size=%dK", size>>10), func(b *testing.B) {
			each(b, func(b *testing.B, p Pool) {
				p.Warm(size, 100)
				single(b, p, func(w Worker) { w.Pairs(b.N, size) })
			})
		})
	}
}

func BenchmarkMixed(b *testing.B) {
	each(b, func(b *testing.B, p Pool) {
		for _, size := range mixedSizes {
			p.Warm(size, 100)
		}
		single(b, p, func(w Worker) { w.Mixed(b.N) })
	})
}

func BenchmarkReset(b *testing.B) {
	each(b, func(b *testing.B, p Pool) {
		p.Warm(4096, 100)
		single(b, p, func(w Worker) { w.Reset(b.N) })
	})
}

// BenchmarkParallel is for -cpu 1,2: as many goroutines as processors, wall time
// of all of them together.
func BenchmarkParallel(b *testing.B) {
	const part = 1000
	each(b, func(b *testing.B, p Pool) {
		p.Warm(4096, 1000)
		var taken atomic.Int64
		measure(b, func() {
			together(runtime.GOMAXPROCS(0), p, func(_ int, w Worker) {
				for {
					left := b.N - int(taken.Add(part)-part)
					if left <= 0 {
						return
					}
					w.Pairs(min(left, part), 4096)
				}
			})
		})
	})
}

// BenchmarkLoad runs for a time of its own, whatever -benchtime says.
func BenchmarkLoad(b *testing.B) {
	each(b, func(b *testing.B, p Pool) {
		for _, size := range loadSizes {
			p.Warm(size, 100)
		}
		var pairs atomic.Int64
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		stop := make(chan struct{})
		start := time.Now()
		time.AfterFunc(*loadTime, func() { close(stop) })
		together(runtime.GOMAXPROCS(0), p, func(i int, w Worker) { pairs.Add(int64(w.Load(stop, i%2))) })
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		done := float64(pairs.Load())
		b.ReportAllocs()
		b.ReportMetric(float64(took.Nanoseconds())/done, "ns/op")
		b.ReportMetric(done/took.Seconds(), "ops/s")
		b.ReportMetric(float64(after.Mallocs-before.Mallocs)/done, "allocs/op")
		b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/done, "B/op")
		b.ReportMetric(float64(after.NumGC-before.NumGC)/done*1e6, "collections/Mop")
		b.ReportMetric(float64(after.PauseTotalNs-before.PauseTotalNs)/done, "pause-ns/op")
	})
}

// together runs do on n goroutines, each with a worker of its own.
func together(n int, p Pool, do func(i int, w Worker)) {
	var running sync.WaitGroup
	running.Add(n)
	for i := range n {
		go func() {
			defer running.Done()
			w := p.Worker()
			defer w.Close()
			do(i, w)
		}()
	}
	running.Wait()
}
