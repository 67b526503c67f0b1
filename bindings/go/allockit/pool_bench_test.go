package allockit

import "testing"

func BenchmarkPool(b *testing.B) {
	p, _ := NewPool(PoolConfig{})
	defer p.Close()
	b.ReportAllocs()
	for range b.N {
		p.Put(p.Get(4096))
	}
}

func BenchmarkPoolLocal(b *testing.B) {
	p, _ := NewPool(PoolConfig{})
	defer p.Close()
	l := p.Local()
	defer l.Close()
	b.ReportAllocs()
	for range b.N {
		l.Put(l.Get(4096))
	}
}

func BenchmarkPoolParallel(b *testing.B) {
	p, _ := NewPool(PoolConfig{})
	defer p.Close()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			p.Put(p.Get(4096))
		}
	})
}

// One operation is one buffer; all are out before the first is put.
func BenchmarkPoolBurst(b *testing.B) {
	p, _ := NewPool(PoolConfig{})
	defer p.Close()
	out := make([][]byte, 1000)
	b.ReportAllocs()
	for range b.N/len(out) + 1 {
		p.GetN(4096, out)
		p.PutN(out)
	}
}
