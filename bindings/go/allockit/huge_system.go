package allockit

// #include <allockit.h>
// #cgo noescape akit_huge_system_get
// #cgo nocallback akit_huge_system_get
// #cgo noescape akit_huge_system_node_get
// #cgo nocallback akit_huge_system_node_get
// #cgo noescape akit_huge_system_text
// #cgo nocallback akit_huge_system_text
import "C"

import "unsafe"

// THPMode is the system's setting of transparent huge pages.
type THPMode uint64

// Values of HugeSystemInfo.THPMode.
const (
	THPModeUnknown THPMode = C.AKIT_THP_MODE_UNKNOWN
	THPModeAlways  THPMode = C.AKIT_THP_MODE_ALWAYS  // used everywhere
	THPModeMadvise THPMode = C.AKIT_THP_MODE_MADVISE // used where they are asked for
	THPModeNever   THPMode = C.AKIT_THP_MODE_NEVER   // not used
)

// HugeSystemInfo is what the system offers, of all nodes or of one. Numbers of
// pages are as the kernel counts them.
type HugeSystemInfo struct {
	BasePageBytes        uint64  // size of an ordinary page
	THPPageBytes         uint64  // size of a transparent huge page, 0: none
	THPMode              THPMode // AKIT_THP_MODE_
	HugePageBytes        uint64  // default size of explicit huge pages, 0: the kernel has none
	HugeTotal            uint64  // pages of that size in the reservation
	HugeFree             uint64  // of these, not in use
	HugeReserved         uint64  // of the free ones, promised to somebody; 0 for one node
	HugeSurplus          uint64  // of the total, beyond the configured number
	GiantPageBytes       uint64  // next larger size the kernel offers, 0: none
	GiantTotal           uint64  // pages of that size in the reservation
	GiantFree            uint64  // of these, not in use
	NumaNodes            uint64  // bit n stands for node n; of one node: its own bit
	CgroupHugeLimitBytes uint64  // most the process's control group may take of the default size, None: no limit known
}

// HugeSystem reads what the system offers now. It reads files of the system,
// which takes about 0.1 ms. Any goroutine may call it.
func HugeSystem() (HugeSystemInfo, error) {
	c := C.akit_huge_system{struct_size: C.sizeof_akit_huge_system}
	err := result("HugeSystem", C.akit_huge_system_get(&c))
	return hugeSystemInfo(&c), err
}

// HugeSystemNode is [HugeSystem] of one NUMA node: the numbers of pages are those
// of the node. The error is ENOENT for a node that does not exist.
func HugeSystemNode(node int) (HugeSystemInfo, error) {
	c := C.akit_huge_system{struct_size: C.sizeof_akit_huge_system}
	err := result("HugeSystemNode", C.akit_huge_system_node_get(C.uint32_t(node), &c))
	return hugeSystemInfo(&c), err
}

func hugeSystemInfo(c *C.akit_huge_system) HugeSystemInfo {
	return HugeSystemInfo{
		BasePageBytes:        uint64(c.base_page_bytes),
		THPPageBytes:         uint64(c.thp_page_bytes),
		THPMode:              THPMode(c.thp_mode),
		HugePageBytes:        uint64(c.huge_page_bytes),
		HugeTotal:            uint64(c.huge_total),
		HugeFree:             uint64(c.huge_free),
		HugeReserved:         uint64(c.huge_reserved),
		HugeSurplus:          uint64(c.huge_surplus),
		GiantPageBytes:       uint64(c.giant_page_bytes),
		GiantTotal:           uint64(c.giant_total),
		GiantFree:            uint64(c.giant_free),
		NumaNodes:            uint64(c.numa_nodes),
		CgroupHugeLimitBytes: uint64(c.cgroup_huge_limit_bytes),
	}
}

// HugeSystemText is [HugeSystem] as text for people: a line per page size and
// node, and the commands that reserve more. Any goroutine may call it.
func HugeSystemText() (string, error) {
	return text("HugeSystemText", func(buf *byte, size int, need *C.size_t) error {
		return result("HugeSystemText",
			C.akit_huge_system_text((*C.char)(unsafe.Pointer(buf)), C.size_t(size), need))
	})
}
