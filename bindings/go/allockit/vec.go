package allockit

import "unsafe"

// Vec is a growing slice outside the Go heap. Its elements must hold no Go
// pointers. One goroutine at a time may use it.
type Vec[T any] struct {
	a Allocator
	s []T
}

// NewVec makes an empty vector whose memory comes from a; it allocates nothing
// yet. The error is [ErrPointers] when T holds Go pointers.
func NewVec[T any](a Allocator) (*Vec[T], error) {
	if err := checkType[T]("NewVec"); err != nil {
		return nil, err
	}
	return &Vec[T]{a: a}, nil
}

// Len is the number of elements.
func (v *Vec[T]) Len() int { return len(v.s) }

// Cap is the number of elements there is room for.
func (v *Vec[T]) Cap() int { return cap(v.s) }

// Slice is the elements. It dangles after the next call that may move them
// (Append, Extend, Reserve, Shrink, Free).
func (v *Vec[T]) Slice() []T { return v.s }

// Append adds elements at the end. On error (those of [Tiered.Alloc]) nothing
// has changed.
func (v *Vec[T]) Append(elements ...T) error {
	if cap(v.s)-len(v.s) < len(elements) {
		if err := v.grow("Vec.Append", len(elements)); err != nil {
			return err
		}
	}
	v.s = append(v.s, elements...)
	return nil
}

// Extend adds n zero elements at the end and returns them. On error nothing
// has changed. The error is EINVAL for a negative n, else as of [Tiered.Alloc].
func (v *Vec[T]) Extend(n int) ([]T, error) {
	if n < 0 {
		return nil, invalid("Vec.Extend")
	}
	if cap(v.s)-len(v.s) < n {
		if err := v.grow("Vec.Extend", n); err != nil {
			return nil, err
		}
	}
	old := len(v.s)
	v.s = v.s[:old+n]
	clear(v.s[old:])
	return v.s[old:], nil
}

// Reserve makes room for n more elements. On error nothing has changed. The
// error is EINVAL for a negative n, else as of [Tiered.Alloc].
func (v *Vec[T]) Reserve(n int) error {
	if n < 0 {
		return invalid("Vec.Reserve")
	}
	if cap(v.s)-len(v.s) >= n {
		return nil
	}
	return v.resize("Vec.Reserve", sum(len(v.s), n))
}

// Truncate drops the elements from n on and keeps their room. It panics when n
// is negative or larger than Len.
func (v *Vec[T]) Truncate(n int) {
	if n > len(v.s) {
		panic("allockit: Vec.Truncate beyond the length")
	}
	v.s = v.s[:n]
}

// Shrink gives back room that is not used, as far as the heap's size classes
// allow. An empty vector keeps nothing. The error is [ErrClosed].
func (v *Vec[T]) Shrink() error {
	if len(v.s) == 0 {
		v.Free()
		return nil
	}
	if len(v.s) == cap(v.s) {
		return nil
	}
	return v.resize("Vec.Shrink", len(v.s))
}

// Free gives the memory back; the vector is empty then and may be used again. A
// second call does nothing.
func (v *Vec[T]) Free() {
	if v.s != nil {
		v.a.Free(asBytes(v.s))
		v.s = nil
	}
}

// grow makes room for more elements and for as many again, or half as many once
// the vector is large: then the system moves pages instead of copying.
func (v *Vec[T]) grow(op string, more int) error {
	const large = 1 << 20
	size := max(1, int(unsafe.Sizeof(*new(T))))
	extra := cap(v.s)
	if extra > large/size {
		extra /= 2
	}
	return v.resize(op, max(sum(len(v.s), more), sum(cap(v.s), extra), 64/size))
}

// resize moves the elements to a block with room for n.
func (v *Vec[T]) resize(op string, n int) error {
	bytes, err := bytesFor[T](op, n)
	if err != nil {
		return err
	}
	var old []byte
	if v.s != nil {
		old = asBytes(v.s)
	}
	b, err := v.a.Realloc(old, bytes)
	if err != nil {
		return err
	}
	if size := int(unsafe.Sizeof(*new(T))); size > 0 {
		n = cap(b) / size
	}
	v.s = unsafe.Slice((*T)(address(b)), n)[:len(v.s)]
	return nil
}

// sum adds lengths and stops at the largest, which no heap can satisfy.
func sum(a, b int) int {
	if a > maxInt-b {
		return maxInt
	}
	return a + b
}
