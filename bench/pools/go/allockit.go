package pools

import (
	"context"
	"sync"

	"allockit"
)

// maintain gives idle memory back, once for the process.
var maintain = sync.OnceFunc(func() { allockit.StartMaintenance(context.Background()) })

// allockitPool is used by all goroutines at once.
type allockitPool struct{ pool *allockit.Pool }

func newAllockit() *allockitPool {
	pool, err := allockit.NewPool(allockit.PoolConfig{})
	must(err)
	maintain()
	return &allockitPool{pool}
}

func openAllockit() Pool { return newAllockit() }

func (p *allockitPool) Warm(size, count int) { must(p.pool.Warm(size, count)) }
func (p *allockitPool) Worker() Worker       { return &allockitWorker{pool: p.pool} }
func (p *allockitPool) Close()               { must(p.pool.Close()) }

type allockitWorker struct {
	shared
	pool *allockit.Pool
}

func (w *allockitWorker) get(n int) []byte      { return w.pool.Get(n) }
func (w *allockitWorker) put(b []byte)          { w.pool.Put(b) }
func (w *allockitWorker) bytes(b []byte) []byte { return b }

// localPool gives every worker a Local.
type localPool struct{ *allockitPool }

func openLocal() Pool { return localPool{newAllockit()} }

func (p localPool) Worker() Worker { return &localWorker{p.pool.Local()} }

type localWorker struct{ local *allockit.PoolLocal }

func (w *localWorker) Close()                { must(w.local.Close()) }
func (w *localWorker) get(n int) []byte      { return w.local.Get(n) }
func (w *localWorker) put(b []byte)          { w.local.Put(b) }
func (w *localWorker) bytes(b []byte) []byte { return b }

// must ends the program: a pool that gave nothing must never look fast.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
