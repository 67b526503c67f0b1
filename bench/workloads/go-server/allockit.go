package main

import "allockit"

type allockitPool struct{ pool *allockit.Pool }

// openAllockit makes a pool with its defaults, and a thread that gives idle
// buffers back.
func openAllockit() (pool, func()) {
	p, err := allockit.NewPool(allockit.PoolConfig{Name: "buffers"})
	check(err)
	check(allockit.PurgeThread(true))
	return allockitPool{p}, func() { check(p.Close()) }
}

func (p allockitPool) get(n int) buffer { return buffer{bytes: p.pool.Get(n)} }
func (p allockitPool) put(b buffer)     { p.pool.Put(b.bytes) }
