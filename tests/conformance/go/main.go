// Command conformance performs the cases of ../cases.txt through the Go
// binding. The words of that file are explained in ../README.md.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"allockit"
)

type testCase struct {
	name  string
	lines []line
}

type line struct {
	number int
	words  []string
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: conformance cases.txt [NAME...]")
		os.Exit(2)
	}
	cases, err := read(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(2)
	}
	// What a thread keeps in its cache decides some answers, so all operations
	// but those of "other" stay on one.
	runtime.LockOSThread()
	passed, failed, skipped := 0, 0, 0
	for _, c := range cases {
		if names := os.Args[2:]; len(names) > 0 && !slices.Contains(names, c.name) {
			continue
		}
		err := c.run()
		if skip := (errSkip{}); errors.As(err, &skip) {
			fmt.Printf("skip %s: %v\n", c.name, err)
			skipped++
			continue
		}
		if err != nil {
			fmt.Printf("FAIL %s: %v\n", c.name, err)
			failed++
			continue
		}
		fmt.Println("ok", c.name)
		passed++
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	if failed > 0 {
		os.Exit(1)
	}
}

func read(path string) ([]testCase, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var cases []testCase
	inside := false
	scanner := bufio.NewScanner(f)
	for number := 1; scanner.Scan(); number++ {
		words := strings.Fields(scanner.Text())
		switch {
		case len(words) == 0 || words[0][0] == '#':
		case words[0] == "case" && !inside && len(words) == 2:
			cases = append(cases, testCase{name: words[1]})
			inside = true
		case words[0] == "end" && inside:
			inside = false
		case inside:
			c := &cases[len(cases)-1]
			c.lines = append(c.lines, line{number, words})
		default:
			return nil, fmt.Errorf("%s:%d: outside of a case: %s", path, number, scanner.Text())
		}
	}
	return cases, scanner.Err()
}

// run performs a case. One with pools is performed twice: as C does it, with pools
// that keep nothing on the Go side, and with the caches that pools have by default.
func (c *testCase) run() error {
	err := c.perform(false)
	if err != nil || countsCaches[c.name] || !slices.ContainsFunc(c.lines, makesPool) {
		return err
	}
	if err = c.perform(true); err != nil {
		err = fmt.Errorf("with caches in Go: %w", err)
	}
	return err
}

func makesPool(l line) bool { return l.words[0] == "pool_create" }

// countsCaches are the cases that compare what caches hold at most, or what only
// they count differently: hits, and the peak of what is out of C.
var countsCaches = map[string]bool{
	"pool_idle_bytes_are_bounded": true, "pool_warm": true, "pool_counters_count": true,
}

// perform does the lines of a case and ends every handle it made.
func (c *testCase) perform(caches bool) error {
	if err := allockit.SetMisuseMode(allockit.MisuseCount); err != nil {
		return err
	}
	heap, err := allockit.Default()
	if err != nil {
		return err
	}
	stats, err := heap.Stats()
	if err != nil {
		return err
	}
	s := &state{
		handles: map[string]*handle{"default": {tiered: heap, id: stats.ID}},
		blocks:  map[string][]byte{"null": nil, "foreign": make([]byte, 8192)},
		batches: map[string]int{},
		saved:   map[string]uint64{},
		backing: map[uintptr]allockit.Backing{},
		caches:  caches,
	}
	defer func() {
		delete(s.handles, "default")
		for _, h := range s.handles {
			h.endRegistration()
		}
		for _, h := range s.handles {
			h.Close()
		}
		for _, memory := range s.memory {
			syscall.Munmap(memory)
		}
	}()
	for _, l := range c.lines {
		if err := s.perform(l.words); err != nil {
			return fmt.Errorf("line %d: %s: %w", l.number, strings.Join(l.words, " "), err)
		}
	}
	return nil
}

// perform does one line and compares its error with the one the line names.
func (s *state) perform(words []string) error {
	var wanted []syscall.Errno
	if n := len(words); n > 2 && words[n-2] == "!" {
		for _, name := range strings.Split(words[n-1], "|") {
			code, known := errnos[name]
			if !known {
				return fmt.Errorf("unknown error %s", name)
			}
			wanted = append(wanted, code)
		}
		words = words[:n-2]
	}
	op, known := operations[words[0]]
	if !known {
		return errors.New("unknown operation")
	}
	err := s.call(op, words[1:])
	var answer *allockit.Error
	switch {
	case len(wanted) == 0:
		return err
	case err == nil:
		return errors.New("succeeded")
	case !errors.As(err, &answer):
		return err // the line was not understood, or a comparison failed
	case slices.ContainsFunc(wanted, func(want syscall.Errno) bool { return stands(err, want) }):
		return nil
	default:
		return err
	}
}

// stands reports whether an error of the binding stands for one of the library.
func stands(err error, want syscall.Errno) bool {
	if errors.Is(err, allockit.ErrClosed) {
		return want == syscall.EINVAL || want == syscall.ESHUTDOWN
	}
	return errors.Is(err, want)
}

var errnos = map[string]syscall.Errno{
	"ENOMEM": syscall.ENOMEM, "EINVAL": syscall.EINVAL, "ENOENT": syscall.ENOENT,
	"ESHUTDOWN": syscall.ESHUTDOWN, "EBUSY": syscall.EBUSY, "EPERM": syscall.EPERM,
	"E2BIG": syscall.E2BIG, "ENOSPC": syscall.ENOSPC, "ENOBUFS": syscall.ENOBUFS, "EMSGSIZE": syscall.EMSGSIZE,
	"ENOSYS": syscall.ENOSYS, "EOVERFLOW": syscall.EOVERFLOW, "EEXIST": syscall.EEXIST, "EBADF": syscall.EBADF,
	"EOPNOTSUPP": syscall.EOPNOTSUPP,
}

// call does the operation; too few words and names that do not fit it end in a
// panic, which is a failure of the case.
func (s *state) call(op operation, words []string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return op(s, words)
}
