package allockit

// #include <allockit.h>
// #cgo noescape akit_handle_next
// #cgo nocallback akit_handle_next
// #cgo noescape akit_stats_json
// #cgo nocallback akit_stats_json
// #cgo noescape akit_stats_openmetrics
// #cgo nocallback akit_stats_openmetrics
import "C"

import (
	"errors"
	"syscall"
	"unsafe"
)

// Handle names a handle that is alive.
type Handle struct {
	ID   uint64 // as in the statistics
	Kind Kind
}

// Handles lists the handles that are alive, in the order of creation. Handles
// made or ended meanwhile may or may not appear. Any goroutine may call it.
func Handles() []Handle {
	var all []Handle
	var id C.uint64_t
	var kind C.uint32_t
	for C.akit_handle_next(&id, &kind) >= 0 {
		all = append(all, Handle{uint64(id), Kind(kind)})
	}
	return all
}

// StatsJSON is the statistics as JSON text: of the handle with that id
// (TieredStats.ID), or with id 0 of the process and all handles. The error is
// ENOENT for an unknown id. Any goroutine may call it.
func StatsJSON(id uint64) (string, error) {
	all, err := text("StatsJSON", func(buf *byte, size int, need *C.size_t) error {
		return result("StatsJSON",
			C.akit_stats_json(C.uint64_t(id), (*C.char)(unsafe.Pointer(buf)), C.size_t(size), need))
	})
	return correctJSON(all), err
}

// OpenMetrics is the statistics as OpenMetrics text: of the handle with that id,
// or with id 0 of the process and all handles, then with "# EOF" at the end.
// Handles without a name are added up. The error is ENOENT for an unknown id.
// Any goroutine may call it.
func OpenMetrics(id uint64) (string, error) {
	all, err := text("OpenMetrics", func(buf *byte, size int, need *C.size_t) error {
		return result("OpenMetrics",
			C.akit_stats_openmetrics(C.uint64_t(id), (*C.char)(unsafe.Pointer(buf)), C.size_t(size), need))
	})
	return correctMetrics(all, id), err
}

// text calls write with larger buffers until the text fits; figures may have
// gained digits since the size was told.
func text(op string, write func(buf *byte, size int, need *C.size_t) error) (string, error) {
	for size, tries := 8<<10, 0; tries < 8; tries++ {
		buf := make([]byte, size)
		var need C.size_t
		err := write(&buf[0], size, &need)
		if err == nil {
			return string(buf[:need-1]), nil
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return "", err
		}
		size = int(need) + int(need)/8 + 256
	}
	return "", &Error{op, syscall.ENOSPC}
}
