"""The sections of the report on io_uring: their columns, what is said about them, and how their jobs are run."""
import os

import turns
from places import BUILD
from section import Section
from turns import Column

HERE = os.path.dirname(os.path.realpath(__file__))
FOLDER = os.path.join(BUILD, "uring")
PROGRAM = os.path.join(FOLDER, "uring")
PROGRAMS = {PROGRAM: ("uring", [HERE])}

NAMES = {"registered": "allockit, own ring", "io": "allockit_io", "fixed": "by hand, READ_FIXED", "plain": "by hand, READ", "pread": "pread, 1 at a time",
         "group": "akit_uring_group", "hand": "groups by hand", "own": "RECV, own buffers", "recv": "epoll and recv"}

GOALS = {"register-%s-beyond" % pages: (1, "<= 1 ms") for pages in ("2M", "4K")}
GOALS.update({"lookup-" + name: (3, "<= 3 ns") for name in ("1", "64", "1000", "miss")})

# Section -> heading, which column, against which, and the bound: (of time, of throughput), None where there is none.
COMPARISONS = {
    "files": (("allockit / by hand, READ_FIXED", "registered", "fixed", (1.02, 0.98)), ("allockit_io / by hand, READ_FIXED", "io", "fixed", (1.02, 0.98)),
              ("READ_FIXED / READ, by hand", "fixed", "plain", None)),
    "sockets": (("akit_uring_group / groups by hand", "group", "hand", (1.02, 0.98)), ("allockit_io / groups by hand", "io", "hand", None),
                ("groups / own buffers, by hand", "hand", "own", None), ("groups by hand / epoll and recv", "hand", "recv", None)),
}
# Less than that is no gain.
GAIN = 0.03


def _columns(*names):
    return [Column(name, PROGRAM, ["--way", name]) for name in names]


def all_of():
    own = [Column("allockit", PROGRAM)]
    return [
        Section("register", "Registering 1 GiB", "Resident memory, registered on a new ring: by hand as one slot, which pins its pages and does little else; by "
                "allockit; by hand in slots of 64 KiB, as many as a table has. They take turns within a process; medians.", own),
        Section("lookup", "Finding the slot", "akit_uring_lookup of 4 KiB at one of 64 addresses in turn, in areas of 64 KiB; one call.", own),
        Section("files", "Reads of a file", "Blocks of a file of 256 MiB in random order, the first word of each checked; a ring of SINGLE_ISSUER | DEFER_TASKRUN; "
                "memory on 2 MiB pages unless the label says otherwise, 8 MiB of it in one slot. What has ended is sent again, a turn together. "
                "CPU: user and system time of the process, milliseconds per 10^9 bytes.",
                _columns("registered", "io"), _columns("fixed", "plain", "pread"), "allockit_io"),
        Section("sockets", "Receiving from sockets", "64 connections over unix sockets; in every round one message is sent over each, then all are received, which is what "
                "is timed; median time per message. Groups: multishot receives, buffers put back when the first byte was checked. By hand 128 buffers are "
                "published, by allockit as many as its window says. epoll and recv use one buffer again and again.",
                _columns("group", "io"), _columns("hand", "own", "recv"), "allockit_io"),
    ]


def run(job, column, given):
    return turns.run_job(job, column, given.time, given.installed)
