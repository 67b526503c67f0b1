package main

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"syscall"

	"allockit"
)

const (
	workers  = 4
	messages = 2000 // of each worker
)

// pool hands messages of all lengths from workers to readers, and then shows what
// wrong puts and a forgotten buffer are answered with.
func pool() error {
	p, err := allockit.NewPool(allockit.PoolConfig{Name: "messages"})
	if err != nil {
		return err
	}
	defer p.CloseNow() // nothing to do after Close

	if err := exchange(p); err != nil {
		return err
	}
	if err := wrongPuts(p); err != nil {
		return err
	}
	return closeWithOneOut(p)
}

// exchange gets buffers in some goroutines and puts them back in others, half of
// them through a cache of their own.
func exchange(p *allockit.Pool) error {
	var writers, readers sync.WaitGroup
	sent, broken := make(chan []byte, 64), make(chan error, 2*workers)
	for id := range workers {
		writers.Add(1)
		go func() {
			defer writers.Done()
			if err := write(p, id, sent); err != nil {
				broken <- err
			}
		}()
		readers.Add(1)
		go func() {
			defer readers.Done()
			if err := read(p, id, sent); err != nil {
				broken <- err
			}
		}()
	}
	writers.Wait()
	close(sent)
	readers.Wait()
	close(broken)
	if err := <-broken; err != nil {
		return err
	}
	stats, err := p.Stats()
	if err == nil && (stats.AllocsTotal != workers*messages || stats.OutBuffers != 0 || stats.MisusesTotal != 0) {
		err = fmt.Errorf("%d buffers handed out, %d of them are out, %d wrong puts",
			stats.AllocsTotal, stats.OutBuffers, stats.MisusesTotal)
	}
	return err
}

func write(p *allockit.Pool, id int, sent chan<- []byte) error {
	get := p.TryGet
	if id%2 == 0 {
		local := p.Local()
		defer local.Close()
		get = local.TryGet
	}
	for i := range messages {
		b, err := get(1 + i*37%70000)
		if err != nil {
			return err
		}
		for j := range b {
			b[j] = byte(id)
		}
		sent <- b
	}
	return nil
}

// read goes on to the end of the messages even if one was wrong: the writers wait.
func read(p *allockit.Pool, id int, sent <-chan []byte) (wrong error) {
	put := p.TryPut
	if id%2 == 0 {
		local := p.Local()
		defer local.Close()
		put = local.TryPut
	}
	for b := range sent {
		if bytes.Count(b, b[:1]) != len(b) {
			wrong = errors.New("a buffer has two owners")
		}
		if err := put(b); err != nil {
			wrong = err
		}
	}
	return wrong
}

func wrongPuts(p *allockit.Pool) error {
	if err := allockit.SetMisuseMode(allockit.MisuseCount); err != nil { // without a report of each
		return err
	}
	b := p.Get(3000)
	if cap(b) != 4096 {
		return fmt.Errorf("capacity %d", cap(b))
	}
	for _, wrong := range []struct {
		what string
		b    []byte
		want error
	}{
		{"a slice of the Go heap", make([]byte, 4096), syscall.ENOENT},
		{"b[1:]", b[1:], syscall.ENOENT},
		{"the buffer", b, nil},
		{"the buffer once more", b, syscall.EINVAL},
	} {
		if err := p.TryPut(wrong.b); !errors.Is(err, wrong.want) {
			return fmt.Errorf("put of %s: %v", wrong.what, err)
		}
	}
	stats, err := p.Stats()
	if err == nil && stats.MisusesTotal != 3 {
		err = fmt.Errorf("%d wrong puts", stats.MisusesTotal)
	}
	return err
}

func closeWithOneOut(p *allockit.Pool) error {
	b := p.Get(5000)
	leaks := (*allockit.LeakError)(nil)
	if err := p.Close(); !errors.As(err, &leaks) {
		return fmt.Errorf("Close: %v", err)
	}
	if c := leaks.Classes; len(c) != 1 || c[0].BufferBytes != 8192 || c[0].Count != 1 {
		return fmt.Errorf("Close: %w", leaks)
	}
	if err := p.Close(); err != nil {
		return fmt.Errorf("Close again: %w", err)
	}
	if _, err := p.TryGet(1); !errors.Is(err, allockit.ErrClosed) {
		return fmt.Errorf("get after Close: %v", err)
	}
	b[4999] = 1 // stays valid until it is put
	if err := p.TryPut(b); err != nil {
		return err
	}
	if err := p.TryPut(b); !errors.Is(err, allockit.ErrClosed) {
		return fmt.Errorf("put after the last one: %v", err)
	}
	fmt.Println(leaks)
	return nil
}
