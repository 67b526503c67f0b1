package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// client is the running load generator.
type client struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// startLoad returns when all connections are open and warm.
func startLoad(protocol, address, folder, connections, requests string) *client {
	self, err := os.Executable()
	check(err)
	c := &client{process: exec.Command(self, "load", protocol, address, folder, connections, requests)}
	c.process.Stderr = os.Stderr
	c.in, err = c.process.StdinPipe()
	check(err)
	out, err := c.process.StdoutPipe()
	check(err)
	c.out = bufio.NewReader(out)
	check(c.process.Start())
	if c.line() != "ready\n" {
		fail("the load generator did not start")
	}
	return c
}

func (c *client) line() string {
	text, err := c.out.ReadString('\n')
	if err != nil {
		fail("the load generator ended: " + fmt.Sprint(c.process.Wait()))
	}
	return text
}

// run returns when the last answer has been received; its connections are
// still open then.
func (c *client) run() (r result) {
	_, err := io.WriteString(c.in, "\n")
	check(err)
	text := c.line()
	check(json.Unmarshal([]byte(text), &r))
	return r
}

func (c *client) end() {
	check(c.in.Close())
	check(c.process.Wait())
}

// moment is what the process has used up to now.
type moment struct {
	cpu    time.Duration
	memory runtime.MemStats
}

func now() *moment {
	m := new(moment)
	runtime.ReadMemStats(&m.memory)
	var used syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	m.cpu = time.Duration(used.Utime.Nano() + used.Stime.Nano())
	return m
}

// report writes the figures of the measured requests: one line for people, one
// file for the driver.
func report(mode, protocol string, r result, before, after *moment) {
	requests := float64(r.Requests)
	was, is := &before.memory, &after.memory
	longest := uint64(0)
	for n := was.NumGC; n < is.NumGC; n++ {
		longest = max(longest, is.PauseNs[n%uint32(len(is.PauseNs))])
	}
	figures := map[string]float64{
		"time":         r.Seconds,
		"cpu":          (after.cpu - before.cpu).Seconds(),
		"requests_s":   requests / r.Seconds,
		"p50_us":       r.Micros["p50"],
		"p99_us":       r.Micros["p99"],
		"p999_us":      r.Micros["p99.9"],
		"collections":  float64(is.NumGC - was.NumGC),
		"pause_us":     float64(is.PauseTotalNs-was.PauseTotalNs) / 1e3,
		"pause_max_us": float64(longest) / 1e3,
		"allocs_op":    float64(is.Mallocs-was.Mallocs) / requests,
		"bytes_op":     float64(is.TotalAlloc-was.TotalAlloc) / requests,
	}
	text, err := json.Marshal(figures)
	check(err)
	fmt.Fprintf(os.Stderr, "%s %s: %s\n", mode, protocol, text)
	if path := os.Getenv("BENCH_FIGURES"); path != "" {
		check(os.WriteFile(path, text, 0o644))
	}
}
