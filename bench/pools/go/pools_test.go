package pools

import "testing"

// TestPools: what is compared does what it says.
func TestPools(t *testing.T) {
	for _, one := range All {
		t.Run(one.Name, func(t *testing.T) {
			p := one.Open()
			defer p.Close()
			p.Warm(4096, 100)
			w := p.Worker()
			defer w.Close()
			w.Pairs(100, 4096)
			w.Mixed(100)
			w.Reset(100)
			peak := false
			w.Burst(50, 64<<10, func() { peak = true })
			stop := make(chan struct{})
			close(stop)
			if pairs := w.Load(stop, 0); pairs != 0 || !peak {
				t.Errorf("%d pairs after the end, all buffers out %v", pairs, peak)
			}
		})
	}
}

// TestLengths: a buffer is as long as it was asked to be, and has its class's
// capacity.
func TestLengths(t *testing.T) {
	p, l := newAllockit(), openLocal()
	defer p.Close()
	defer l.Close()
	w := l.Worker().(*localWorker)
	defer w.Close()
	for name, pool := range map[string]interface {
		get(n int) []byte
		put(b []byte)
	}{"allockit": p.Worker().(*allockitWorker), "local": w, "seed": newSeed(), "libp2p": new(libp2p)} {
		for _, n := range []int{2048, 2049, 4096, 65535, 65536} {
			b := pool.get(n)
			if len(b) != n || cap(b) != smallest<<class(n) {
				t.Errorf("%s: %d bytes asked, length %d, capacity %d", name, n, len(b), cap(b))
			}
			pool.put(b)
		}
	}
}

// TestAllocations: a put of the seed's design allocates, and nothing else does.
func TestAllocations(t *testing.T) {
	for _, one := range All {
		p := one.Open()
		w := p.Worker()
		w.Pairs(100, 4096)
		want := 0.0
		if one.Name == "seed" || one.Name == "make" {
			want = 1
		}
		if got := testing.AllocsPerRun(1000, func() { w.Pairs(1, 4096) }); got != want {
			t.Errorf("%s: %v allocations", one.Name, got)
		}
		w.Close()
		p.Close()
	}
}
