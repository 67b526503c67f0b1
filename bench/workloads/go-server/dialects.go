package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strconv"
)

// dialects ask a server for a file over a connection. What they return is valid
// until the next call. They allocate nothing and parse no more than they need,
// so that most of the time is the server's.
var dialects = map[string]func(c net.Conn) func(n int) []byte{"framed": askFramed, "http": askHTTP}

func askFramed(c net.Conn) func(n int) []byte {
	r := bufio.NewReader(c)
	head, body := make([]byte, frame), make([]byte, largest)
	return func(n int) []byte {
		binary.BigEndian.PutUint32(head, uint32(n))
		_, err := c.Write(head)
		check(err)
		_, err = io.ReadFull(r, head)
		check(err)
		answer := body[:binary.BigEndian.Uint32(head)]
		_, err = io.ReadFull(r, answer)
		check(err)
		return answer
	}
}

func askHTTP(c net.Conn) func(n int) []byte {
	r := bufio.NewReader(c)
	request, body := make([]byte, 0, 64), make([]byte, largest)
	name := []byte("Content-Length: ")
	return func(n int) []byte {
		request = strconv.AppendInt(append(request[:0], "GET /"...), int64(n), 10)
		request = append(request, " HTTP/1.1\r\nHost: localhost\r\n\r\n"...)
		_, err := c.Write(request)
		check(err)
		length := -1
		for {
			line, err := r.ReadSlice('\n')
			check(err)
			line = bytes.TrimSpace(line)
			if len(line) == 0 {
				break
			}
			if value, is := bytes.CutPrefix(line, name); is {
				length = number(string(value))
			}
		}
		if length < 0 {
			fail("an answer without its length")
		}
		_, err = io.ReadFull(r, body[:length])
		check(err)
		return body[:length]
	}
}
