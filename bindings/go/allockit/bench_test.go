package allockit

import "testing"

var sink []byte

func BenchmarkMake(b *testing.B) {
	for range b.N {
		sink = make([]byte, 256)
	}
}

func BenchmarkAllocFree(b *testing.B) {
	h, _ := NewTiered(TieredConfig{})
	defer h.Close()
	for range b.N {
		sink, _ = h.Alloc(256)
		h.Free(sink)
	}
}

// One operation is one block.
func BenchmarkAllocNFreeN(b *testing.B) {
	h, _ := NewTiered(TieredConfig{})
	defer h.Close()
	blocks := make([][]byte, batch)
	for range b.N/batch + 1 {
		h.AllocN(256, blocks)
		h.FreeN(blocks)
	}
}

func BenchmarkLocal(b *testing.B) {
	h, _ := NewTiered(TieredConfig{})
	defer h.Close()
	l, _ := h.NewLocal(0)
	for range b.N {
		sink, _ = l.Alloc(256)
		l.Free(sink)
	}
}

func BenchmarkVecAppend(b *testing.B) {
	h, _ := NewTiered(TieredConfig{})
	defer h.Close()
	v, _ := NewVec[uint32](h)
	for i := range b.N {
		v.Append(uint32(i))
	}
}
