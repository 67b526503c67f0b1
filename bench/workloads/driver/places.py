"""Where things are, and the environment that programs are built and run in."""
import os
import sys

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
CACHE = os.path.join(TOP, ".cache")
PREFIX = os.path.join(CACHE, "prefix")
BUILD = os.path.join(CACHE, "build")
INPUT = os.path.join(CACHE, "input")
PEERS = os.path.join(CACHE, "peers")
MISSING = os.path.join(CACHE, "missing")
WORKLOADS = os.path.join(TOP, "bench", "workloads")

# Settings of the caller's shell that would change what is compared.
FOREIGN = ("LD_PRELOAD", "GLIBC_TUNABLES", "MALLOC_", "MIMALLOC_", "ALLOCKIT_", "GOGC", "GOMEMLIMIT", "PYTHONMALLOC")


def say(text):
    print(text, file=sys.stderr, flush=True)


def relative(path):
    return os.path.relpath(path, TOP)


def missing(name):
    """The reason why something cannot be had here, or None."""
    try:
        with open(os.path.join(MISSING, name), encoding="utf-8") as file:
            return file.read().strip() or "not available here"
    except OSError:
        return None


def environment():
    env = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    for name, folder in (("PKG_CONFIG_PATH", "lib/pkgconfig"), ("LD_LIBRARY_PATH", "lib")):
        mine = os.path.join(PREFIX, folder)
        env[name] = mine + (":" + env[name] if env.get(name) else "")
    env["LC_ALL"] = "C"
    return env
