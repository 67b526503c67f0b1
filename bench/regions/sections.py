"""The sections of the report: their columns, and what is said about them."""
import os

from places import BUILD
from section import Section
from turns import Column, peer

FOLDER = os.path.join(BUILD, "regions")
PROGRAM = {heap: os.path.join(FOLDER, "regions-" + heap) for heap in ("malloc", "mmap", "tiered", "region")}

# glibc as the seeds tuned it. A fixed trim threshold ends the adaptive mmap threshold, which is why that is set, too.
TUNED = {"GLIBC_TUNABLES": "glibc.malloc.trim_threshold=268435456:glibc.malloc.top_pad=67108864:glibc.malloc.mmap_threshold=33554432"}
JEMALLOC = {"MALLOC_CONF": "background_thread:true"}

NAMES = {
    "allockit-nopurge": "allockit, no purge thread", "allockit-unbounded": "allockit, cache_bytes AKIT_NONE", "allockit-maintain": "allockit, akit_maintain", "mmap": "mmap + munmap",
    "allockit-tiered": "allockit, tiered handle", "glibc-tuned": "glibc, tuned", "jemalloc-background": "jemalloc, background thread",
    "region-prefault": "region, prefault", "region-prefault-4K": "region without THP, prefault", "region-touch": "region, touched",
    "region-touch-4K": "region without THP, touched", "populate-thp": "THP, MADV_POPULATE_WRITE", "populate-4K": "MAP_POPULATE",
    "touch-thp": "THP, touched", "touch-4K": "mmap, touched",
    "cached": "huge handle, cache", "uncached": "huge handle, no cache", "mmap-hugetlb": "MAP_HUGETLB, MAP_POPULATE",
    "region-thp": "region, THP", "region-4K": "region, no THP", "huge-2M": "huge handle, 2 MiB", "huge-1G": "huge handle, 1 GiB",
    "mmap-thp": "mmap, THP", "mmap-4K": "mmap, 4 KiB", "mmap-2M": "MAP_HUGETLB 2 MiB", "mmap-1G": "MAP_HUGETLB 1 GiB",
}


def way(name, word=None):
    return Column(name, PROGRAM["region"], ["--way", word or name])


def region(name="allockit", *words):
    return Column(name, PROGRAM["region"], list(words))


def all_of(peers):
    """peers: names that are there."""
    heaps = [region("allockit", "--purge-thread"), region("allockit-nopurge")]
    maps = [Column("mmap", PROGRAM["mmap"])]
    others = [peer(name, PROGRAM["malloc"]) for name in peers]
    seeds = [region("allockit", "--purge-thread"), Column("allockit-tiered", PROGRAM["tiered"], ["--purge-thread"])]
    seed_others = [column for one in others for column in ([one, peer("glibc-tuned", PROGRAM["malloc"], TUNED)] if one.name == "glibc" else [one])]

    def seed(key, title, note, with_mmap=False):
        return Section(key, "The seed's suites: " + title, note, seeds, seed_others + maps * with_mmap, "tiered handle")

    return [
        Section("pair", "Allocate and free", "One block of the size, allocated and freed again and again, untouched. The last line is the "
                "slowest size over the fastest: 1 is flat in size. By default a region handle keeps 256 MiB of what is freed.",
                heaps + [region("allockit-unbounded", "--purge-thread", "--way", "unbounded")], others + maps),
        Section("batch", "Batches", "All blocks allocated, then all freed in the same order. The figure is the whole batch; labels say what is "
                "touched.", heaps, others + maps),
        Section("touch", "First touch and re-touch", "First: blocks of memory the process has not had, allocated, every page written, all freed "
                "afterwards; the share of one block. Again: one block allocated, every page written, freed, again and again.", heaps, others + maps),
        Section("threads", "One and two threads", "Pairs, untouched; wall time per pair of all threads together; threads are pinned to "
                "different CPUs. The throughput of two threads over one: 2 is perfect. Then one thread allocates, another frees; 1024 blocks at most "
                "are between them.", heaps, others + maps),
        Section("sweep", "Odd sizes", "32 live blocks of 64 KiB to 8 MiB, no size a multiple of the page (mean of the live bytes: 129 MiB); one "
                "is freed at random and another allocated.", heaps, others + maps),
        Section("populate", "Time until memory is resident", "One block of fresh memory, allocated and every page made resident by one call, or "
                "written (touched). Giving it back to the kernel is not timed. THP: the mapping is advised MADV_HUGEPAGE; a region is by default. 400 samples of 2 MiB "
                "per process, 20 of 64 MiB (five times as many with --full).",
                [way(one) for one in ("region-prefault", "region-prefault-4K", "region-touch", "region-touch-4K")],
                [way(one) for one in ("populate-thp", "populate-4K", "touch-thp", "touch-4K")], "without THP", 3),
        Section("hugetlb", "Explicit huge pages", "A 2 MiB block on an explicit huge page, allocated and freed again and again.",
                [way("cached"), way("uncached")], [way("mmap-hugetlb", "mmap")], "no cache"),
        Section("decay", "Decay", "A burst of regions of mixed sizes (64 KiB to 32 MiB, every page written), freed in random order; the program is "
                "idle then. Anonymous resident memory, watched from another process every 10 ms. With akit_maintain the program has no "
                "purge thread and calls it when it is due, as an event loop would.", [], [], "akit_maintain", 3),
        Section("backing", "Page sizes", "Dependent loads in random order over 1 GiB, every cache line once per turn.",
                [way(one) for one in ("region-thp", "region-4K", "huge-2M", "huge-1G")],
                [way(one) for one in ("mmap-thp", "mmap-4K", "mmap-2M", "mmap-1G")], "no THP", 5),
        seed("seed-b", "batches", "All allocated, first byte of each written, all freed in the same order; the whole batch.", True),
        seed("seed-c", "mmap", "Allocate, write the first and the last byte, free; one pair, and two back to back.", True),
        seed("seed-e", "adaptive lists", "A list of sizes allocated, first byte of each written, all freed in the same order; the whole list. A "
             "region is at least a page: for small blocks the tiered handle is meant."),
        seed("seed-f", "concurrent", "Four threads at once; each allocates ten blocks, writes their first byte and frees them; the median of whole rounds, with "
             "threads that are made and joined in it (as the seed does), and with threads that persist and are woken."),
        seed("seed-g", "latency", "Allocate, write the first byte, free; 20,000 times, each timed by itself, reading the clock included; clocks often step "
             "by 10 ns.", True),
    ]


def decay_columns(section, peers):
    section.ours = [region("allockit", "--purge-thread"), region("allockit-maintain", "--way", "maintain")]
    section.others = [Column("jemalloc-background", PROGRAM["malloc"], [], {**peer("jemalloc", "").env, **JEMALLOC}) if name == "jemalloc"
                      else peer(name, PROGRAM["malloc"]) for name in peers]
