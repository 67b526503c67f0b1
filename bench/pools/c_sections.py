"""The C and C++ sections of the pool's report: their columns, what is said about them, and how their jobs are run."""
import os

import turns
import watch
from places import BUILD
from section import Section
from turns import Column, peer

HERE = os.path.dirname(os.path.realpath(__file__))
FOLDER = os.path.join(BUILD, "pools")
PROGRAM = {heap: os.path.join(FOLDER, "pools-" + heap) for heap in ("malloc", "tiered", "region", "pool")}
PROGRAMS = {program: (heap, [HERE]) for heap, program in PROGRAM.items()}

BURST = 10000 * 65536
LOAD_SECONDS = (0.2, 2.0)  # short and full; the seed's are 2 s
JEMALLOC = {"MALLOC_CONF": "background_thread:true"}

NAMES = {
    "allockit-nopurge": "allockit, no purge thread", "allockit-tiered": "allockit, tiered handle", "allockit-region": "allockit, region handle",
    "allockit-each": "allockit, one by one", "allockit-maintain": "allockit, akit_maintain", "jemalloc-background": "jemalloc, background thread",
    "exact": "AKIT_CHECK_EXACT", "tags": "AKIT_POOL_TAGS", "tagged": "the same, and a tag set", "default": "allockit, as configured by default",
}

# Row -> bound and text; a lower bound where more is better.
GOALS = {"pair-" + name: (4, "<= 4 ns") for name in ("2K", "4K", "8K", "16K", "32K", "64K")}
GOALS.update({"threads-%s-ratio" % name: (1.9, ">= 1.9") for name in ("4K", "64K")})
GOALS.update({"load-2": (100, ">= 100 M/s"), "burst-300": (64, "<= 64 MiB, the caps")})


def pool(name="allockit", *words):
    return Column(name, PROGRAM["pool"], list(words))


def all_of(peers, burst_peers):
    """peers, burst_peers: names that are there."""
    own = [pool("allockit", "--purge-thread")]
    both = own + [pool("allockit-nopurge")]
    handles = both + [Column("allockit-" + heap, PROGRAM[heap], ["--purge-thread"]) for heap in ("tiered", "region")]
    others = [peer(name, PROGRAM["malloc"]) for name in peers]
    idle_others = [Column("jemalloc-background", PROGRAM["malloc"], [], {**peer("jemalloc", "").env, **JEMALLOC}) if name == "jemalloc"
                   else peer(name, PROGRAM["malloc"]) for name in burst_peers]
    return [
        Section("pair", "Get and put", "One buffer of the size of the class, got and put again and again, untouched. A buffer of a tiered or "
                "a region handle is a block of that size.", handles, others),
        Section("word", "Get, write the first word, put", "The same, and the first word of the buffer is written.", handles, others),
        Section("batch", "Batches", "100 buffers got, then all put in the same order or in a random one, untouched. The figure is the whole "
                "batch.", handles, others),
        Section("many", "Many by one call", "32 buffers by akit_pool_get_n, put by akit_pool_put_n, untouched; one buffer's share. Peers "
                "have no such calls: malloc and free one by one.", own + [pool("allockit-each", "--purge-thread", "--way", "each")], others, "one by one"),
        Section("mixed", "Mixed sizes", "Labels say what is done and written.", handles, others),
        Section("threads", "Threads", "Pairs, untouched; wall time per pair of all threads together; threads are pinned to different CPUs. The "
                "throughput of two threads over one: 2 is perfect.", both, others),
        Section("handover", "Hand-over", "One thread gets and writes the first word, another reads and checks it and puts; wall time per buffer. "
                "1024 buffers at most are between them. By itself: 64 buffers at a time, in which neither side waits; the median of a buffer's share.", both, others),
        Section("load", "The seed's load test", "Every operation looks at the flag to stop, gets, writes the first bytes and puts; sizes in "
                "turn. Millions of operations per second of all threads together. 100 buffers of each size are idle before.", both, others),
        Section("warm", "First get of a warm buffer", "4000 buffers got one after the other, each timed by itself, reading the clock "
                "included; clocks often step by 10 ns. Warmed up by akit_pool_warm (peers: by malloc, writing every page, free).", own, others),
        Section("cold", "First get of a cold buffer", "The same in a fresh process that had no buffer before.", own, others),
        Section("burst", "Burst, then idle", "10,000 buffers of 64 KiB live at once, every page written, put in random order; the program is idle "
                "then. Anonymous resident memory, watched from another process every 10 ms. With akit_maintain the program has no purge "
                "thread and calls it when it is due, as an event loop would.",
                own + [pool("allockit-maintain", "--way", "maintain")], idle_others, "akit_maintain", 3),
        Section("zero-put", "Zeroed when it is put", "Pairs with AKIT_ZERO_ON_FREE, first word written; peers: memset of the whole buffer before "
                "free.", own, others),
        Section("zero-get", "Zeroed when it is got", "Pairs with AKIT_ZERO_ON_ALLOC, first word written; peers: calloc.", own, others),
        Section("oversize", "Above the largest class", "Pairs of 1 MiB, sixteen times the largest class: a mapping of its own from the region "
                "cache.", handles, others),
        Section("checks", "What checks and tags cost", "Pairs, untouched.",
                [pool(way, "--purge-thread", "--way", way) for way in ("exact", "tags", "tagged")], [pool("default", "--purge-thread")], "tags"),
        Section("several", "Several pools", "A pair of 4 KiB on each of several pools in turn, untouched; one pair.", own, []),
    ]


def run(job, column, given):
    """Figures of a job, and the curve where it is watched from outside."""
    if job == "burst":
        return watch.run(job, column, BURST, given.installed)
    seconds = LOAD_SECONDS[given.full] if job.startswith("load-") else given.time
    return turns.run_job(job, column, seconds, given.installed), None
