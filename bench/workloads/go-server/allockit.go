package main

import (
	"context"

	"allockit"
)

type allockitPool struct{ pool *allockit.Pool }

// openAllockit makes a pool with its defaults, and a goroutine that gives
// idle buffers back.
func openAllockit() (pool, func()) {
	p, err := allockit.NewPool(allockit.PoolConfig{Name: "buffers"})
	check(err)
	maintenance := allockit.StartMaintenance(context.Background())
	return allockitPool{p}, func() {
		maintenance.Stop()
		check(p.Close())
	}
}

func (p allockitPool) get(n int) buffer { return buffer{bytes: p.pool.Get(n)} }
func (p allockitPool) put(b buffer)     { p.pool.Put(b.bytes) }
