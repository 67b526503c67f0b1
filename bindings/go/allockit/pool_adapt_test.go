package allockit

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
)

var _ httputil.BufferPool = (*BufferPool)(nil)

func TestPoolBehindReverseProxy(t *testing.T) {
	body := strings.Repeat("outside the Go heap ", 10000)
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }))
	defer backend.Close()
	p := newPool(t, PoolConfig{})
	proxy := httputil.NewSingleHostReverseProxy(must[*url.URL](t)(url.Parse(backend.URL)))
	proxy.BufferPool = p.BufferPool(0)
	front := httptest.NewServer(proxy)
	defer front.Close()
	for range 20 {
		answer := must[*http.Response](t)(http.Get(front.URL))
		got := must[[]byte](t)(io.ReadAll(answer.Body))
		answer.Body.Close()
		if string(got) != body {
			t.Fatalf("%d bytes", len(got))
		}
	}
	if s := poolStatsOf(t, p); s.AllocsTotal != 20 || s.OutBuffers != 0 {
		t.Errorf("%+v", s)
	}
	if b := p.BufferPool(100).Get(); len(b) != 100 {
		t.Error(len(b))
	} else {
		p.Put(b)
	}
}

// onlyReader and onlyWriter hide what would let io.Copy do without a buffer.
type onlyReader struct{ io.Reader }
type onlyWriter struct{ io.Writer }

func TestPoolCopy(t *testing.T) {
	p := newPool(t, PoolConfig{})
	body := strings.Repeat("0123456789", 20000)
	copied := func(p *Pool) string {
		var to bytes.Buffer
		if n, err := p.Copy(onlyWriter{&to}, onlyReader{strings.NewReader(body)}); n != int64(len(body)) || err != nil {
			t.Error(n, err)
		}
		return to.String()
	}
	if copied(p) != body {
		t.Error("another text")
	}
	if s := poolStatsOf(t, p); s.AllocsTotal != 1 || s.OutBuffers != 0 {
		t.Errorf("%+v", s)
	}
	// Without memory it does as io.Copy does.
	if empty := newPool(t, PoolConfig{ExhaustMode: ExhaustFail}); copied(empty) != body {
		t.Error("another text")
	} else if empty.BufferPool(0).Get() != nil {
		t.Error("a buffer from nowhere")
	}
}
