package allockit

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"unsafe"
)

type plain struct {
	a uint64
	b [3]float32
	c struct{ d bool }
	e Ref[plain]
}

func TestElementTypes(t *testing.T) {
	h := newHeap(t, TieredConfig{})
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	bad := func(err error) {
		t.Helper()
		wantErr(t, err, ErrPointers)
	}
	for range 2 { // the second round takes the remembered answers
		ok(tryType[int](h))
		ok(tryType[plain](h))
		ok(tryType[[4]complex128](h))
		ok(tryType[struct{}](h))
		ok(tryType[[0]*int](h))
		bad(tryType[*int](h))
		bad(tryType[string](h))
		bad(tryType[[]int](h))
		bad(tryType[any](h))
		bad(tryType[error](h))
		bad(tryType[map[int]int](h))
		bad(tryType[chan int](h))
		bad(tryType[func()](h))
		bad(tryType[unsafe.Pointer](h))
		bad(tryType[struct{ a [2]struct{ s string } }](h))
	}
}

func tryType[T any](h *Tiered) error {
	s, err := MakeSlice[T](h, 2, 3)
	if err == nil {
		FreeSlice(h, s)
	}
	_, err2 := NewVec[T](h)
	if (err == nil) != (err2 == nil) {
		panic("MakeSlice and NewVec differ")
	}
	return err
}

func TestMakeSlice(t *testing.T) {
	h := newHeap(t, TieredConfig{})
	s := must[[]plain](t)(MakeSlice[plain](h, 3, 10))
	if len(s) != 3 || cap(s) != 10 {
		t.Fatalf("length %d, capacity %d", len(s), cap(s))
	}
	if s = s[:10]; slices.IndexFunc(s, func(p plain) bool { return p != plain{} }) >= 0 {
		t.Error("not zero")
	}
	s = append(s[:9], plain{a: 7})
	if !h.Owns(asBytes(s)) {
		t.Error("append within the capacity left the block")
	}
	FreeSlice(h, s)
	FreeSlice[int](h, nil)

	batches := make([][]uint32, 700)
	for i := range batches {
		batches[i] = must[[]uint32](t)(MakeSlice[uint32](h, i, i))
	}
	if n := FreeSlices(h, batches); n != 700 {
		t.Errorf("FreeSlices: %d of 700", n)
	}

	_, err := MakeSlice[uint64](h, 5, 4)
	wantErr(t, err, syscall.EINVAL)
	_, err = MakeSlice[uint64](h, 0, -1)
	wantErr(t, err, syscall.EINVAL)
	_, err = MakeSlice[uint64](h, 0, maxInt/4)
	wantErr(t, err, syscall.ENOMEM)
}

func TestRef(t *testing.T) {
	h := newHeap(t, TieredConfig{})
	type node struct {
		value int
		next  Ref[node]
	}
	var list Ref[node]
	for i := range 100 {
		s := must[[]node](t)(MakeSlice[node](h, 1, 1))
		s[0] = node{i, list}
		list = RefOf(s)
	}
	runtime.GC()
	sum := 0
	for r := list; !r.IsNil(); {
		n := r.Ptr()
		sum += n.value
		next := n.next
		FreeSlice(h, r.Slice(1))
		r = next
	}
	if sum != 4950 {
		t.Errorf("sum is %d", sum)
	}
}

func TestVec(t *testing.T) {
	h := newHeap(t, TieredConfig{})
	l := must[*Local](t)(h.NewLocal(0))
	for name, a := range map[string]Allocator{"Tiered": h, "Local": l} {
		t.Run(name, func(t *testing.T) {
			v := must[*Vec[uint32]](t)(NewVec[uint32](a))
			var model []uint32
			random := rand.New(rand.NewPCG(1, 2))
			for range 3000 {
				switch random.IntN(6) {
				default:
					x := make([]uint32, random.IntN(40))
					for i := range x {
						x[i] = random.Uint32()
					}
					model = append(model, x...)
					if err := v.Append(x...); err != nil {
						t.Fatal(err)
					}
				case 1:
					n := random.IntN(len(model) + 1)
					model = model[:n]
					v.Truncate(n)
				case 2:
					model = append(model, 0, 0, 0)
					if s := must[[]uint32](t)(v.Extend(3)); len(s) != 3 {
						t.Fatal("Extend")
					}
				case 3:
					if err := v.Shrink(); err != nil {
						t.Fatal(err)
					}
				}
				if !slices.Equal(model, v.Slice()) {
					t.Fatal("differs from a Go slice")
				}
			}
			if err := v.Reserve(1000); err != nil || v.Cap()-v.Len() < 1000 {
				t.Errorf("Reserve: %v", err)
			}
			wantErr(t, v.Reserve(-1), syscall.EINVAL)
			wantErr(t, v.Reserve(maxInt), syscall.ENOMEM)
			v.Free()
			v.Free()
			if v.Len() != 0 || v.Cap() != 0 {
				t.Error("Free left something")
			}
		})
	}
	l.Close()
	if s := must[TieredStats](t)(h.Stats()); s.UsedBytes != 0 {
		t.Errorf("%d bytes still used", s.UsedBytes)
	}
}

func TestVecUnderLimit(t *testing.T) {
	h := newHeap(t, TieredConfig{LimitBytes: 16 << 20})
	v := must[*Vec[uint64]](t)(NewVec[uint64](h))
	for i := range uint64(64 << 20) {
		if err := v.Append(i); err != nil {
			wantErr(t, err, syscall.ENOMEM)
			break
		}
	}
	if v.Len() < 1<<16 || v.Len() > 2<<20 {
		t.Fatalf("cap of 16 MiB reached at %d elements", v.Len())
	}
	for i, x := range v.Slice() {
		if uint64(i) != x {
			t.Fatal("contents lost")
		}
	}
}
