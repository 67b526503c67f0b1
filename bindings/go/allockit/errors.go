package allockit

import (
	"errors"
	"syscall"
)

// ErrClosed is wrapped by the error of a method called on a handle after Close
// or CloseDeferred.
var ErrClosed = errors.New("handle is closed")

// ErrPointers is wrapped by the error of a typed function whose element type
// holds Go pointers (also inside strings, slices, maps, interfaces, channels
// and functions).
var ErrPointers = errors.New("element type holds Go pointers")

// Error is the error of every call of this package.
type Error struct {
	Op  string // the method or function, for example "Tiered.Alloc"
	Err error  // a syscall.Errno, ErrClosed, ErrPointers or *LeakError; the first and third possibly wrapped once more
}

// Error returns the operation and the cause.
func (e *Error) Error() string { return "allockit: " + e.Op + ": " + e.Err.Error() }

// Unwrap returns the cause, for errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }

func closed(op string) error { return &Error{op, ErrClosed} }

// invalid is the answer to arguments that have no C form, such as a negative
// length.
func invalid(op string) error { return &Error{op, syscall.EINVAL} }

// failed wraps the errno that came with a NULL result. C functions leave errno
// alone when they succeed, so it is looked at only here.
func failed(op string, errno error) error {
	if errno == nil {
		errno = syscall.ENOMEM
	}
	return &Error{op, errno}
}

// result turns the int of a C function (>= 0 or -errno) into an error.
func result[I ~int32](op string, rc I) error {
	if rc >= 0 {
		return nil
	}
	return &Error{op, syscall.Errno(-rc)}
}
