package allockit

import (
	"context"
	"time"
)

// Maintenance is a running maintenance goroutine.
type Maintenance struct {
	cancel context.CancelFunc
	done   chan struct{}
}

const (
	// New blocks may become idle while nothing is due, so the goroutine never
	// sleeps longer than the default decay time.
	maintainIdle = 100 * time.Millisecond
	maintainMin  = time.Millisecond
)

// StartMaintenance starts a goroutine that calls [Maintain] whenever something
// is due, and at least every 100 ms, until ctx is done or Stop is called: idle memory then
// goes back to the system within about its decay time. It is the alternative to [PurgeThread]
// for programs that want no thread outside the Go runtime. One is enough for
// the process; a second does no harm. Any goroutine may call it.
func StartMaintenance(ctx context.Context) *Maintenance {
	ctx, cancel := context.WithCancel(ctx)
	m := &Maintenance{cancel, make(chan struct{})}
	go m.run(ctx)
	return m
}

// Stop ends the goroutine and waits for its end. A second call, also one at the
// same time, does the same.
func (m *Maintenance) Stop() {
	m.cancel()
	<-m.done
}

func (m *Maintenance) run(ctx context.Context) {
	defer close(m.done)
	defer m.cancel()
	timer := time.NewTimer(maintainMin)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		next, err := Maintain()
		if err != nil || next < 0 {
			next = maintainIdle
		}
		timer.Reset(min(max(next, maintainMin), maintainIdle))
	}
}
