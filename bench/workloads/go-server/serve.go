package main

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
)

// start begins to serve. The function it returns waits until every connection
// has ended.
func start(protocol string, listener net.Listener, files []file, buffers pool) (stop func()) {
	switch protocol {
	case "framed":
		return startFramed(listener, files, buffers)
	case "http":
		return startHTTP(listener, files, buffers)
	}
	fail("unknown protocol " + protocol)
	return nil
}

// startFramed: a request is the number of a file, an answer the length of the
// file and its bytes; numbers have four bytes, the highest first.
func startFramed(listener net.Listener, files []file, buffers pool) (stop func()) {
	var connections sync.WaitGroup
	accepting := make(chan struct{})
	go func() {
		defer close(accepting)
		for {
			c, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			check(err)
			connections.Add(1)
			go func() {
				defer connections.Done()
				answer(c, files, buffers)
			}()
		}
	}()
	return func() {
		check(listener.Close())
		<-accepting
		connections.Wait()
	}
}

const frame = 4

func answer(c net.Conn, files []file, buffers pool) {
	defer c.Close()
	request := make([]byte, frame)
	for {
		if _, err := io.ReadFull(c, request); err == io.EOF {
			return
		} else {
			check(err)
		}
		f := files[binary.BigEndian.Uint32(request)]
		b := buffers.get(frame + f.size)
		binary.BigEndian.PutUint32(b.bytes, uint32(f.size))
		f.read(b.bytes[frame:])
		_, err := c.Write(b.bytes)
		check(err)
		buffers.put(b)
	}
}

// startHTTP: the path is the number of a file.
func startHTTP(listener net.Listener, files []file, buffers pool) (stop func()) {
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Path[1:])
		check(err)
		f := files[n]
		b := buffers.get(f.size)
		defer buffers.put(b)
		f.read(b.bytes)
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(f.size))
		_, err = w.Write(b.bytes)
		check(err)
	})}
	go server.Serve(listener)
	return func() { check(server.Shutdown(context.Background())) }
}
