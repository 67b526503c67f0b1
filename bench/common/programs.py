"""Compiles the row programs: the same sources once per kind of heap (see heap.h)."""
import glob
import os
import shlex
import subprocess
import sys

from places import environment, relative, say

HERE = os.path.dirname(os.path.realpath(__file__))

# No builtin malloc, or the compiler removes pairs; loops and functions aligned, or their place in the file decides.
FLAGS = ["-std=c++20", "-O2", "-DNDEBUG", "-fno-builtin", "-falign-functions=64", "-falign-loops=32"]

# Name of the heap: macro, and the packages that are linked.
HEAPS = {"malloc": (None, []), "mmap": ("HEAP_MMAP", []), "tiered": ("HEAP_TIERED", ["allockit"]), "region": ("HEAP_REGION", ["allockit"]),
         "pool": ("HEAP_POOL", ["allockit"]), "own": ("HEAP_OWN", ["allockit"]), "uring": ("HEAP_OWN", ["allockit_io", "allockit", "liburing"])}


def compiler():
    return os.environ.get("CXX", "c++")


def have_benchmark():
    command = [compiler(), "-E", "-x", "c++", "-include", "benchmark/benchmark.h", os.devnull]
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def pkg_config(prefix, words):
    env = environment()
    env["PKG_CONFIG_PATH"] = os.path.join(prefix, "lib", "pkgconfig") + ":" + env["PKG_CONFIG_PATH"]
    return subprocess.run(["pkg-config"] + words, env=env, capture_output=True, text=True)


def packages(prefix, names):
    if not names:
        return []
    found = pkg_config(prefix, ["--cflags", "--libs"] + names)
    if found.returncode != 0:
        sys.exit("%s: not all are installed, here or in %s: %s" % (", ".join(names), prefix, found.stderr.strip()))
    return shlex.split(found.stdout)


def compile_all(folder, programs, prefix):
    """programs: path of the program -> (heap, folders with its sources besides common)."""
    os.makedirs(folder, exist_ok=True)
    for program, (heap, sources) in programs.items():
        macro, linked = HEAPS[heap]
        folders = [HERE] + sources
        files = [file for one in folders for file in sorted(glob.glob(os.path.join(one, "*.cc")))]
        seen = files + [file for one in folders for file in glob.glob(os.path.join(one, "*.h"))] + [os.path.realpath(__file__)]
        command = [compiler()] + FLAGS + (["-D" + macro] if macro else []) + ["-I" + one for one in folders]
        command += ["-o", program] + files + packages(prefix, linked) + ["-lbenchmark", "-pthread"]
        if not up_to_date(program, command, max(map(os.path.getmtime, seen))):
            say("building " + relative(program))
            subprocess.run(command, check=True, env=environment())
            with open(program + ".command", "w", encoding="utf-8") as file:
                file.write(" ".join(command))


def up_to_date(program, command, newest):
    stamp = program + ".command"
    if not os.path.exists(program) or not os.path.exists(stamp) or os.path.getmtime(program) <= newest:
        return False
    with open(stamp, encoding="utf-8") as file:
        return file.read() == " ".join(command)
