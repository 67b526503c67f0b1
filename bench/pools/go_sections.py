"""The Go sections of the pool's report: rows, columns, and how their benchmarks are run."""
import os
import re
import subprocess

import turns
import watch
from places import BUILD, TOP, environment, missing, say
from section import Section
from turns import Column

HERE = os.path.dirname(os.path.realpath(__file__))
FOLDER = os.path.join(BUILD, "pools")
ROWS = os.path.join(FOLDER, "pools-go")
BURST = os.path.join(FOLDER, "pools-go-burst")

BURST_BYTES = 10000 * 65536
LOAD_SECONDS = (0.2, 2.0)  # short and full; the seed's are 2 s
SIZES = (2, 4, 8, 16, 32, 64)

OURS = ["allockit", "local"]
OTHERS = ["seed", "libp2p", "boxes", "bytebufferpool", "arrays", "make"]
# What hands out a []byte of the length that was asked for, as ours does.
RIVALS = ["seed", "libp2p", "make"]

NAMES = {"local": "allockit, Local", "seed": "seed's design", "libp2p": "go-buffer-pool", "boxes": "sync.Pool of *[]byte",
         "arrays": "fixed arrays (floor)"}
GOALS = {"go-parallel-ratio": (1.8, ">= 1.8"), "go-burst-300": (64, "<= 64 MiB, the caps")}

# Heading, which of ours, against which others, and the bound.
COMPARISONS = (("allockit / seed's design", "allockit", ["seed"], 0.5),
               ("allockit / fastest []byte without allocating", "allockit", ["libp2p"], 1.0),
               ("Local / fixed arrays", "local", ["arrays"], 1.0))

# Job -> benchmark, and the processors.
BENCHMARKS = {"go-pair-%dK" % size: ("GetPut/size=%dK" % size, None) for size in SIZES}
BENCHMARKS.update({"go-mixed": ("Mixed", None), "go-reset": ("Reset", None), "go-parallel": ("Parallel", "1,2"), "go-load": ("Load", None)})


def _row(name, label, section, unit="ns", kind="time", job=None):
    return {"id": name, "job": job or name, "unit": unit, "kind": kind, "who": section, "label": label}


def rows():
    return [
        *(_row("go-pair-%dK" % size, "%d KiB" % size, "go-pair") for size in SIZES),
        _row("go-mixed", "2, 4, 8, 16 KiB in turn", "go-pair"),
        _row("go-reset", "4 KiB, zeroed before the put", "go-pair"),
        _row("go-parallel-1", "4 KiB, GOMAXPROCS 1", "go-parallel", kind="extra", job="go-parallel"),
        _row("go-parallel-2", "4 KiB, GOMAXPROCS 2", "go-parallel", job="go-parallel"),
        _row("go-parallel-ratio", "throughput of 2 over 1", "go-parallel", "x", "more", "go-parallel"),
        _row("go-load", "4 and 8 KiB in turn, 10 bytes written", "go-load", "M/s", "more"),
        _row("go-burst-peak", "resident before the puts", "go-burst", "MiB", "memory", "go-burst"),
        _row("go-burst-put", "time of putting all", "go-burst", "ms", "extra", "go-burst"),
        *(_row("go-burst-%d" % ms, "kept after %d ms" % ms, "go-burst", "MiB", "memory", "go-burst") for ms in (0, 100, 300, 1000, 1500)),
        _row("go-burst-told", "then kept after debug.FreeOSMemory, twice", "go-burst", "MiB", "memory", "go-burst"),
        _row("go-burst-collections", "collections", "go-burst", "", "memory", "go-burst"),
        _row("go-burst-pause", "pauses", "go-burst", "us", "memory", "go-burst"),
    ]


def all_of():
    def section(key, title, note, program=ROWS, most_rounds=99):
        ours, others = ([Column(name, program, [name]) for name in names] for names in (OURS, OTHERS))
        return Section(key, title, note, ours, others, "Local", most_rounds, RIVALS)

    return [
        section("go-pair", "Go: get and put", "One goroutine, untouched; `make` is the collector's heap. The best peer is taken from those that return a "
                "[]byte of the length that was asked for: a sync.Pool of *[]byte and bytebufferpool return objects that the program has to keep beside the "
                "bytes, and fixed arrays have neither a length nor a search for the class."),
        section("go-parallel", "Go: parallel", "As many goroutines as processors, 4 KiB, untouched; wall time per pair of all together."),
        section("go-load", "Go: the seed's load test", "A goroutine per processor; every operation looks at the channel to stop, gets, writes ten bytes and "
                "puts. Millions of operations per second of all together."),
        section("go-burst", "Go: burst, then idle", "10,000 buffers of 64 KiB live at once, every page written, put in random order; the program is idle "
                "then. Anonymous resident memory, watched from another process every 10 ms. An idle Go program does not collect: what a sync.Pool "
                "holds, or what nothing holds any more, stays resident for minutes.", BURST, 3),
    ]


def prepare(given):
    """Builds; None, or why there are no Go rows."""
    if not given.prefix:
        subprocess.run([os.path.join(TOP, "tests", "setup"), "go"], check=True)
    if missing("go"):
        return missing("go")
    say("building the Go rows of the pools")
    env = environment()
    env["PKG_CONFIG_PATH"] = os.path.join(given.installed, "lib", "pkgconfig") + ":" + env["PKG_CONFIG_PATH"]
    done = subprocess.run([os.path.join(HERE, "go", "build"), FOLDER], env=env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    reason = (done.stderr.strip().splitlines() or ["cannot be built here"])[-1]
    if done.returncode not in (0, 77):
        raise SystemExit("bench/pools/go does not build: " + reason)
    return reason if done.returncode else None


LINE = re.compile(r"^Benchmark\S*?(?:-(\d+))?\s+\d+\s+(.*)$", re.MULTILINE)
UNITS = {"allocs/op": "allocs", "B/op": "bytes", "collections/Mop": "collections", "pause-ns/op": "pause"}


def _figures(job, printed):
    """From the lines that go test prints."""
    figures = []
    for processors, rest in LINE.findall(printed):
        words = rest.split()
        found = {unit: float(value) for value, unit in zip(words[::2], words[1::2])}
        figure = {"row": job, "value": found["ns/op"], **{field: found[unit] for unit, field in UNITS.items()}}
        if job == "go-parallel":
            figure["row"] += "-" + (processors or "1")
        if job == "go-load":
            figure["value"] = found["ops/s"] / 1e6
        figures.append(figure)
    if job == "go-parallel" and len(figures) == 2:
        figures.append({"row": "go-parallel-ratio", "value": figures[0]["value"] / figures[1]["value"]})
    return figures


def run(job, column, given):
    """Figures of a job, and the curve where it is watched from outside."""
    if job == "go-burst":
        return watch.run(job, column, BURST_BYTES, given.installed)
    benchmark, processors = BENCHMARKS[job]
    pattern = "/".join("^%s$" % part for part in ("Benchmark" + benchmark).split("/") + ["pool=" + column.name])
    command = [column.program, "-test.run=^$", "-test.bench=" + pattern, "-test.benchmem", "-test.benchtime=%gs" % given.time,
               "-load=%gs" % LOAD_SECONDS[given.full]] + (["-test.cpu=" + processors] if processors else [])
    done = subprocess.run(command, env=turns.environment_of(column, given.installed), capture_output=True, text=True, timeout=300)
    figures = _figures(job, done.stdout)
    if done.returncode != 0 or not figures:
        raise RuntimeError("status %d %s" % (done.returncode, (done.stderr + done.stdout).strip()[-200:]))
    return figures, None


def versions():
    """What the Go rows are built with: the compiler, and the modules that are compared."""
    def said(*words):
        return subprocess.run(["go", *words], cwd=os.path.join(HERE, "go"), env=environment(), capture_output=True, text=True, check=True).stdout

    found = {"Go": said("env", "GOVERSION").strip().removeprefix("go")}
    for line in said("list", "-m", "all").splitlines():
        name, *version = line.split()
        if version and "=>" not in version:
            found[name.rsplit("/", 1)[-1]] = version[0].removeprefix("v")
    return found
