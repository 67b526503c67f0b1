"""The sections of the ring's report: their columns, what is said about them, and how their jobs are run."""
import os

import machine
import rust_columns
import turns
from places import BUILD
from section import Section
from turns import Column, peer

HERE = os.path.dirname(os.path.realpath(__file__))
FOLDER = os.path.join(BUILD, "ring")
OURS = os.path.join(FOLDER, "ring-ours")
OTHERS = os.path.join(FOLDER, "ring-malloc")
PROGRAMS = {OURS: ("own", [HERE]), OTHERS: ("malloc", [HERE])}

NAMES = {
    "allockit-huge": "allockit, 2 MiB pages", "allockit-coloured": "allockit, coloured, 2 MiB pages", "allockit-ordered": "allockit, ordered",
    "allockit-nopurge": "allockit, no purge thread", "seed": "seed's design", "later": "its best later version",
    "store": "stores 4096 apart (floor)", "store-coloured-huge": "stores 4160 apart, 2 MiB pages (floor)", **rust_columns.NAMES,
}

SWEPT = ("32K", "64K", "128K", "256K", "512K", "1M", "2M", "4M", "8M")
# Row -> bound and text, for the first column of ours.
GOALS = {"sweep-" + name: (6, "<= 6 ns") for name in SWEPT}
GOALS.update({"sweep-64M": (10, "<= 10 ns"), "sweep-1G": (30, "<= 30 ns"), "other-ratio": (2, "<= 2")})
# The same for another column: row, column, bound.
MORE_GOALS = (("sweep-1G", "allockit-coloured", 12),)

# Heading, which of ours, against which, and the bound.
COMPARISONS = (("Rust / C", "rust", ["allockit"], 1.1),)

# The area of the sweep of lengths: the benchmark's own where it fits, and in the short form what needs no patience.
LENGTHS_AREA = (256 << 20, 2 << 30)

# Rows of the sweep that only the long form has.
LONG = ("sweep-64K", "sweep-128K", "sweep-256K", "sweep-1M", "sweep-4M", "sweep-16M", "sweep-32M", "sweep-128M", "sweep-256M", "sweep-512M")


def ours(*names):
    ways = {"allockit": ["--purge-thread"], "allockit-nopurge": []}
    return [Column(name, OURS, ways.get(name) or (["--way", name.removeprefix("allockit-"), "--purge-thread"] if name not in ways else []))
            for name in names]


def all_of(peers, with_rust):
    """peers: names that are there."""
    blocks = [peer(name, OTHERS) for name in peers]
    ancestors = [Column(name, OTHERS, ["--way", name]) for name in ("seed", "later")]
    floors = [Column(name, OTHERS, ["--way", name]) for name in ("store", "store-coloured-huge")]
    rust, rust_others = (rust_columns.ours(), rust_columns.others()) if with_rust else ([], [])
    rivals = [column.name for column in ancestors + blocks + rust_others]
    swept = ancestors + blocks + rust_others
    return [
        Section("sweep", "Size of the area", "The sweep of the ring that this kit descends from. The area is filled with slices of 4096 bytes once, a float "
                "written into each; then steps are timed: a slice is acquired, a float written into it, and the oldest of those that are live is "
                "released; as many are live as half the area, at least 4 and at most 1024. An area of 16 KiB cannot serve that loop: its four "
                "live slices fill it. malloc has no area: what was freed last is handed out first, at most 1025 blocks are touched, and its "
                "rows differ by how many are live and what was freed before. A ring of allockit that is not ordered does the same with blocks. The floor writes a float every 4096 (4160) bytes of the area and does nothing else: "
                "addresses 4096 apart share their cache sets.",
                ours("allockit", "allockit-huge", "allockit-coloured", "allockit-ordered", "allockit-nopurge") + rust, swept + floors,
                "2 MiB pages", rivals=rivals),
        Section("sizes", "Length of the slices", "The same with 1024 live slices of one length and one area, all of which was written before; lengths "
                "in this order in one process, as there. Area: %s.", ours("allockit", "allockit-huge", "allockit-ordered") + rust, swept, "2 MiB pages"),
        Section("profile", "Profile run", "The same with 1024 live slices of 4096 bytes and an area of 32 MiB that nothing is ever written to.",
                ours("allockit", "allockit-huge", "allockit-ordered") + rust, swept, "2 MiB pages"),
        Section("latency", "Time of one acquire", "Each timed by itself, reading the clock included; clocks often step by 10 ns. 1024 live slices, released in "
                "order; a float is written outside the time. What a ring cycles through was written before: all of the area, but for a ring of allockit that is not "
                "ordered, which uses few blocks when little is live.",
                ours("allockit", "allockit-huge", "allockit-coloured", "allockit-ordered"), ancestors + blocks, "2 MiB pages"),
        Section("mixed", "Mixed lengths", "1024 live slices of lengths from 1 byte, released in order; a float is written into each.",
                ours("allockit", "allockit-huge", "allockit-ordered"), ancestors + blocks, "2 MiB pages"),
        Section("order", "Released out of order", "1024 live slices, a float written into each. A step is a release, an acquire, the float. The rings above "
                "cannot do this: they need the order of acquiring.", ours("allockit", "allockit-huge", "allockit-ordered"), blocks, "2 MiB pages"),
        Section("other", "Released by another thread", "One thread acquires 64 slices of 4 KiB and writes a float into each, another reads and checks these "
                "and releases; the releases are timed without the reading, and neither side waits within its time. 1024 slices at most "
                "are between the two, the area is 64 MiB. Medians of one slice's share. One thread: the same done by one thread, 512 slices behind.",
                ours("allockit", "allockit-huge", "allockit-ordered"), ancestors + blocks, "2 MiB pages"),
    ]


def lengths_area(full):
    """As large as there, where that leaves half of the memory."""
    wanted = LENGTHS_AREA[full]
    while wanted > machine.available_bytes() // 2:
        wanted //= 2
    return wanted


def run(job, column, given):
    more = ["--bytes", str(given.area)] if job == "sizes" else []
    return turns.run_job(job, Column(column.name, column.program, column.words + more, column.env), given.time, given.installed)
