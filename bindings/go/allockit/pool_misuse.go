package allockit

import (
	"fmt"
	"syscall"
)

// wrongPut is why a slice was not taken back.
type wrongPut struct {
	errno syscall.Errno
	text  string
}

func (w *wrongPut) Error() string { return w.text }
func (w *wrongPut) Unwrap() error { return w.errno }

// nothing takes a slice back that does not tell where it lies: nil, or misuse.
func (p *Pool) nothing(b []byte) error {
	if b == nil {
		return nil
	}
	p.misuses.Add(1)
	return &Error{"Pool.Put", &wrongPut{syscall.ENOENT, "a slice without capacity does not tell which buffer it is of"}}
}

// misuse is a wrong put that is found without asking C.
func (p *Pool) misuse(at uintptr) error {
	p.misuses.Add(1)
	return p.wrong(at, syscall.EINVAL)
}

// wrong says what is wrong with a slice that was put: where it begins no buffer does
// (ENOENT), or one that is not out (EINVAL). What lies there now is asked of C,
// because memory that was given back may be somebody else's.
func (p *Pool) wrong(at uintptr, errno syscall.Errno) error {
	w := &wrongPut{errno, "not a buffer of this pool"}
	info, err := Inspect(pointerAt(&at))
	switch {
	case err == nil && info.HandleID != p.id:
		w.errno = syscall.ENOENT
		w.text += fmt.Sprintf(", but memory of the handle with id %d", info.HandleID)
	case err == nil && info.Base != at && info.State == BlockOut:
		w.errno = syscall.ENOENT
		w.text = fmt.Sprintf("re-sliced: it begins %d bytes after the start of its buffer", at-info.Base)
	case errno == syscall.EINVAL:
		w.text = "put twice: this buffer is not out"
	}
	return &Error{"Pool.Put", w}
}
