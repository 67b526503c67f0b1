package metrics_test

import (
	"encoding/json"
	"expvar"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"allockit"
	"allockit/metrics"
)

func TestHandlers(t *testing.T) {
	p, err := allockit.NewPool(allockit.PoolConfig{Name: "shown"})
	if err != nil {
		t.Fatal(err)
	}
	b := p.Get(4096)
	for name, handler := range map[string]http.Handler{"process": metrics.Handler(), "pool": metrics.PoolHandler(p)} {
		w := ask(handler)
		text := w.Body.String()
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/openmetrics-text; version=1.0.0") ||
			!strings.Contains(text, "allockit_pool_out_buffers{handle=\"shown\"") || strings.Count(text, "# EOF\n") != 1 || !strings.HasSuffix(text, "# EOF\n") {
			t.Errorf("%s: %d %s", name, w.Code, text)
		}
		for _, line := range strings.Split(text, "\n") {
			if strings.HasPrefix(line, "allockit_pool_used_bytes{") && !strings.HasSuffix(line, " 4096") {
				t.Error(name, line)
			}
		}
	}
	metrics.Publish("buffers", p)
	var shown struct {
		OutBuffers, UsedBytes uint64
		Classes               []struct{ BlockBytes, UsedBlocks uint64 }
	}
	if err := json.Unmarshal([]byte(expvar.Get("buffers").String()), &shown); err != nil || shown.OutBuffers != 1 || shown.UsedBytes != 4096 ||
		len(shown.Classes) != 6 || shown.Classes[1].UsedBlocks != 1 {
		t.Errorf("%v %+v", err, shown)
	}
	p.Put(b)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if w := ask(metrics.PoolHandler(p)); w.Code != http.StatusServiceUnavailable || expvar.Get("buffers").String() != "null" {
		t.Error(w.Code, expvar.Get("buffers"))
	}
}

func ask(handler http.Handler) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	return w
}
