// Package metrics shows the statistics of package allockit to the tools that
// collect them: an OpenMetrics handler for Prometheus and its kin, and variables of
// package expvar. It is a package of its own because both bring net/http with them.
package metrics

import (
	"expvar"
	"io"
	"net/http"

	"allockit"
)

// contentType is that of OpenMetrics text.
const contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

// Handler serves the figures of the process and of all handles, those of the same
// kind and name added up.
func Handler() http.Handler {
	return serve(func() (string, error) { return allockit.OpenMetrics(0) })
}

// PoolHandler serves the figures of one pool and its classes, and answers 503 after
// its Close.
func PoolHandler(p *allockit.Pool) http.Handler {
	return serve(func() (string, error) {
		s, err := p.Stats()
		if err != nil {
			return "", err
		}
		text, err := allockit.OpenMetrics(s.ID)
		return text + "# EOF\n", err
	})
}

func serve(text func() (string, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		all, err := text()
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", contentType)
		io.WriteString(w, all)
	})
}

// Publish makes the figures of a pool a variable of package expvar, with the
// figures of its classes in "Classes". After Close of the pool it is null. Like
// expvar.Publish, it ends the program when the name is taken.
func Publish(name string, p *allockit.Pool) {
	expvar.Publish(name, expvar.Func(func() any {
		s, err := p.Stats()
		if err != nil {
			return nil
		}
		classes, err := p.ClassStats()
		if err != nil {
			return nil
		}
		return struct {
			allockit.PoolStats
			Classes []allockit.ClassStats
		}{s, classes}
	}))
}
