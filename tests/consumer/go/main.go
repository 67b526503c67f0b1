// Command example uses allockit as any Go program would: `go build` finds the
// installed library through pkg-config.
package main

import (
	"errors"
	"fmt"
	"log"
	"syscall"

	"allockit"
)

func main() {
	heap, err := allockit.NewTiered(allockit.TieredConfig{Name: "example", LimitBytes: 64 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer heap.Close()

	squares, err := allockit.MakeSlice[uint64](heap, 1000, 1000)
	if err != nil {
		log.Fatal(err)
	}
	for i := range squares {
		squares[i] = uint64(i * i)
	}
	_, err = heap.Alloc(65 << 20)
	stats, _ := heap.Stats()
	fmt.Println(squares[999], errors.Is(err, syscall.ENOMEM), stats.UsedBytes >= 8000, allockit.Version())
	allockit.FreeSlice(heap, squares)

	if err := pool(); err != nil {
		log.Fatal("pool: ", err)
	}
}
