package allockit_test

import (
	"errors"
	"fmt"
	"log"
	"syscall"

	"allockit"
)

func Example() {
	heap, err := allockit.NewTiered(allockit.TieredConfig{LimitBytes: 16 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer heap.Close()

	b, err := heap.Alloc(4096)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(copy(b, "outside the Go heap"))
	heap.Free(b)

	_, err = heap.Alloc(17 << 20)
	fmt.Println(err, errors.Is(err, syscall.ENOMEM))
	// Output:
	// 19
	// allockit: Tiered.Alloc: cannot allocate memory true
}

func ExampleVec() {
	heap, err := allockit.NewTiered(allockit.TieredConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer heap.Close()
	v, err := allockit.NewVec[uint32](heap)
	if err != nil {
		log.Fatal(err)
	}
	for i := range uint32(1000) {
		if err := v.Append(i); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(v.Len(), v.Slice()[999])
	_, err = allockit.NewVec[string](heap)
	fmt.Println(err)
	// Output:
	// 1000 999
	// allockit: NewVec: element type holds Go pointers: string
}

func ExampleRef() {
	heap, err := allockit.NewTiered(allockit.TieredConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer heap.Close() // takes the whole list with it
	type node struct {
		value int
		next  allockit.Ref[node]
	}
	var first allockit.Ref[node]
	for i := range 3 {
		s, err := allockit.MakeSlice[node](heap, 1, 1)
		if err != nil {
			log.Fatal(err)
		}
		s[0] = node{i, first}
		first = allockit.RefOf(s)
	}
	for r := first; !r.IsNil(); r = r.Ptr().next {
		fmt.Println(r.Ptr().value)
	}
	// Output:
	// 2
	// 1
	// 0
}

func ExampleRegion() {
	region, err := allockit.NewRegion(allockit.RegionConfig{CacheBytes: 64 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer region.Close()

	column, err := region.Alloc(1 << 20)
	if err != nil {
		log.Fatal(err)
	}
	column[1000] = 7
	column, err = region.Resize(column, 3<<20)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(column), column[1000])
	fmt.Println(region.Free(column))
	// Output:
	// 3145728 7
	// <nil>
}

func ExampleHuge() {
	huge, err := allockit.NewHuge(allockit.HugeConfig{GiantMode: allockit.HugeNever})
	if err != nil {
		log.Fatal(err)
	}
	defer huge.Close()

	table, backing, err := huge.Alloc(8 << 20)
	if err != nil {
		log.Fatal(err)
	}
	defer huge.Free(table)
	if backing != allockit.BackingHuge {
		refused, err := huge.ReasonCount(allockit.ReasonNotReserved)
		log.Println("not on huge pages:", refused, err)
	}
	fmt.Println(len(table))
	// Output:
	// 8388608
}
