package allockit

import (
	"fmt"
	"reflect"
	"sync"
	"syscall"
	"unsafe"
)

// Allocator is what [MakeSlice] and [Vec] take memory from: a *[Tiered] or a
// *[Local].
type Allocator interface {
	Alloc(n int) ([]byte, error)
	AllocZero(n int) ([]byte, error)
	Realloc(b []byte, n int) ([]byte, error)
	Free(b []byte)
	FreeN(blocks [][]byte) int
}

// MakeSlice is make([]T, len, cap) outside the Go heap: elements up to the
// capacity are zero. T must hold no Go pointers, else the error is
// [ErrPointers]; a uintptr or a [Ref] is none. Other errors are EINVAL for a
// length or capacity that make would not take, and those of [Tiered.Alloc]. Free
// it with [FreeSlice], [FreeSlices] or by closing the heap. The slice may be used
// like any other, but append beyond its capacity copies to the Go heap.
func MakeSlice[T any](a Allocator, len, cap int) ([]T, error) {
	n, err := bytesFor[T]("MakeSlice", cap)
	if err != nil {
		return nil, err
	}
	if len < 0 || len > cap {
		return nil, invalid("MakeSlice")
	}
	b, err := a.AllocZero(n)
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*T)(address(b)), cap)[:len], nil
}

// FreeSlice frees a slice made by [MakeSlice], which must begin where it began
// then. nil does nothing. Rules and misuse are those of [Tiered.Free].
func FreeSlice[T any](a Allocator, s []T) { a.Free(asBytes(s)) }

// asBytes is the block of s, up to its capacity.
func asBytes[T any](s []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), cap(s)*int(unsafe.Sizeof(*new(T))))
}

// bytesFor is the size of n elements.
func bytesFor[T any](op string, n int) (int, error) {
	if err := checkType[T](op); err != nil {
		return 0, err
	}
	size := int(unsafe.Sizeof(*new(T)))
	if n < 0 {
		return 0, invalid(op)
	}
	if size != 0 && n > maxInt/size {
		return 0, &Error{op, syscall.ENOMEM}
	}
	return n * size, nil
}

const maxInt = int(^uint(0) >> 1)

// checked remembers the answer for every type that was asked about.
var checked sync.Map // reflect.Type -> bool

func checkType[T any](op string) error {
	t := reflect.TypeFor[T]()
	free, known := checked.Load(t)
	if !known {
		free = pointerFree(t)
		checked.Store(t, free)
	}
	if free.(bool) {
		return nil
	}
	return &Error{op, fmt.Errorf("%w: %v", ErrPointers, t)}
}

// pointerFree reports whether the collector may ignore values of type t. Kinds
// are listed that are safe, so that a kind unknown here is not.
func pointerFree(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr,
		reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return true
	case reflect.Array:
		return t.Len() == 0 || pointerFree(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if !pointerFree(t.Field(i).Type) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// Ref is the address of elements outside the Go heap in a form that may itself
// be stored there: the pointer of off-heap data structures. The zero Ref points
// nowhere. It keeps nothing alive, knows no length, and dangles when its block
// is freed or moved.
type Ref[T any] struct{ addr uintptr }

// RefOf is the address of the first element of s, which must lie outside the
// Go heap: the collector does not see a Ref.
func RefOf[T any](s []T) Ref[T] { return Ref[T]{uintptr(unsafe.Pointer(unsafe.SliceData(s)))} }

// IsNil reports whether r points nowhere.
func (r Ref[T]) IsNil() bool { return r.addr == 0 }

// Slice is the n elements at r, with capacity n. The program must know that
// there are so many.
func (r Ref[T]) Slice(n int) []T { return unsafe.Slice((*T)(pointerAt(&r.addr)), n) }

// Ptr is a Go pointer to the element at r. It may be kept on the Go side, not
// outside of it.
func (r Ref[T]) Ptr() *T { return (*T)(pointerAt(&r.addr)) }
