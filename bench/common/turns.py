"""Runs the jobs of a table: a fresh process for every column and job, the columns take turns within a job, and their
order is reversed every other round."""
import argparse
import dataclasses
import json
import os
import re
import subprocess
import sys
import time

import build
import programs
from places import CACHE, MISSING, PEERS, PREFIX, TOP, environment, missing, say

SHORT_PEERS = ["glibc", "tcmalloc", "mimalloc3", "snmalloc", "rpmalloc"]
ALL_PEERS = ["glibc", "jemalloc", "tcmalloc", "mimalloc-deb", "mimalloc2", "mimalloc3", "snmalloc", "rpmalloc", "tbb"]


@dataclasses.dataclass
class Column:
    """One of the things compared: a program, and what is special about calling it."""
    name: str
    program: str
    words: list = dataclasses.field(default_factory=list)
    env: dict = dataclasses.field(default_factory=dict)


def peer(name, program, env=None):
    preload = {} if name.startswith("glibc") else {"LD_PRELOAD": os.path.join(PEERS, name + ".so")}
    return Column(name, program, [], {**preload, **(env or {})})


def parser(description, full_rounds, seconds):
    """The options that every table has. seconds: of a timed row, short and full."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.set_defaults(full_rounds=full_rounds, seconds=seconds)
    made.add_argument("--rounds", type=int, help="how often every row runs (3; %d with --full)" % full_rounds)
    made.add_argument("--full", action="store_true", help="all peers, more rounds, longer rows: the judged form")
    made.add_argument("--rows", help="only rows or jobs whose name matches this regular expression")
    made.add_argument("--peers", help="comma-separated names, 'all', or 'none' (default: five fast ones)")
    made.add_argument("--time", type=float, help="seconds per timed row (%g; %g with --full)" % seconds)
    made.add_argument("--prefix", help="where allockit is installed (default: it is built and installed below .cache)")
    made.add_argument("--out", help="folder for the results (bench/results with --full of everything, otherwise below .cache)")
    return made


def arguments(made, name):
    given = made.parse_args()
    given.rounds = given.rounds or (given.full_rounds if given.full else 3)
    given.time = given.time or given.seconds[given.full]
    whole = given.full and not given.rows
    given.out = given.out or (os.path.join(TOP, "bench", "results") if whole else os.path.join(CACHE, name))
    given.installed = os.path.realpath(given.prefix or PREFIX)
    return given


def prepare(given, folder, wanted):
    """Installs, builds and compiles. False when Google Benchmark is missing."""
    if not given.prefix:
        subprocess.run([os.path.join(TOP, "tests", "setup"), "base", "bench"], check=True)
    if not programs.have_benchmark():
        print("skipped: Google Benchmark is not installed (package libbenchmark-dev)")
        return False
    os.makedirs(MISSING, exist_ok=True)
    if not given.prefix:
        # Meson lives in the scripts' own environment.
        os.environ["PATH"] = os.path.join(CACHE, "venv", "bin") + os.pathsep + os.environ["PATH"]
        build.prepare()
        build.library()
    if given.peers != "none":
        build.peers()
    programs.compile_all(folder, wanted, given.installed)
    return True


def choose_peers(given):
    """Names of the peers that are there, and why the others are not."""
    if given.peers == "none":
        return [], {}
    wanted = given.peers.split(",") if given.peers and given.peers != "all" else ALL_PEERS if given.peers or given.full else SHORT_PEERS
    for name in wanted:
        if name not in ALL_PEERS:
            sys.exit("no such peer: %s (there are %s)" % (name, ", ".join(ALL_PEERS)))
    skipped = {name: missing(name) for name in wanted if missing(name)}
    for name, reason in skipped.items():
        say("%s skipped: %s" % (name, reason))
    return [name for name in wanted if name not in skipped], skipped


def read_rows(program, pattern, env=None, more=()):
    """The rows of a program, and more that others measure, of those that match."""
    lines = subprocess.run([program, "--list"], check=True, capture_output=True, text=True, env=env).stdout
    rows = [dict(zip(("id", "job", "unit", "kind", "who", "label"), line.split("\t"))) for line in lines.splitlines()] + list(more)
    if pattern:
        rows = [row for row in rows if re.search(pattern, row["id"]) or re.search(pattern, row["job"])]
    if not rows:
        sys.exit("no row matches")
    return rows


def environment_of(column, prefix):
    env = environment()
    env["LD_LIBRARY_PATH"] = os.path.join(prefix, "lib")
    env.update(column.env)
    return env


def run_job(job, column, seconds, prefix):
    command = [column.program, job] + column.words + ["--time", str(seconds)]
    done = subprocess.run(command, env=environment_of(column, prefix), capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise RuntimeError("status %d %s" % (done.returncode, done.stderr.strip()[-200:]))
    return [json.loads(line) for line in done.stdout.splitlines()]


class Progress:
    def __init__(self, total):
        self.total, self.done, self.start = total, 0, time.monotonic()

    def show(self, what):
        left = (time.monotonic() - self.start) / max(1, self.done) * (self.total - self.done)
        text = "job %d of %d: %s" % (self.done + 1, self.total, what)
        if sys.stderr.isatty():
            print("\r\033[K%s, about %d s left" % (text, left), end="", file=sys.stderr, flush=True)
        elif self.done % 10 == 0:
            say("%s, about %d s left" % (text, left))
        self.done += 1

    @staticmethod
    def end():
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)


def measure(jobs, rounds, run):
    """jobs: (name, columns, most rounds). run(job, column) gives figures.
    Returns (row, column) -> one figure per round, the failures, and the reasons of figures that a program would not give."""
    figures, failures, refused = {}, {}, {}
    turns = [(number, job) for number in range(rounds) for job in jobs if number < job[2]]
    progress = Progress(len(turns))
    for number, (job, columns, _) in turns:
        progress.show("round %d of %d, %s" % (number + 1, rounds, job))
        for column in columns if number % 2 == 0 else reversed(columns):
            try:
                for figure in run(job, column):
                    if "skipped" in figure:
                        refused[figure["row"], column.name] = figure["skipped"]
                    else:
                        figures.setdefault((figure["row"], column.name), []).append(figure)
            except (RuntimeError, OSError, subprocess.TimeoutExpired, ValueError) as problem:
                failures[job + " " + column.name] = str(problem)
                say("\nFAILED: %s with %s: %s" % (job, column.name, problem))
    progress.end()
    return figures, failures, refused
