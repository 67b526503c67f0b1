package allockit

import (
	"sync"
	"sync/atomic"
)

// life is whether a handle is open, and the lock between its end and the calls
// that may run beside it.
type life struct {
	state atomic.Uint32
	mu    sync.RWMutex // held for reading by calls that may run beside Close
}

// live answers the state check of calls that must not run beside Close.
func (l *life) live() bool { return l.state.Load() == stateOpen }

// open runs f while the handle cannot be closed.
func (l *life) open(op string, f func() error) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.state.Load() != stateOpen {
		return closed(op)
	}
	return f()
}

// end runs f, which consumes the handle, unless it has ended.
func (l *life) end(state uint32, f func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state.Load() != stateOpen {
		return nil
	}
	l.state.Store(state)
	return f()
}
