"""The columns in Rust: the crate below rust/, which takes the same words as the programs in C++."""
import os
import subprocess

from places import BUILD, TOP, environment, missing, say
from turns import Column

HERE = os.path.dirname(os.path.realpath(__file__))
PROGRAM = os.path.join(BUILD, "ring", "target", "release", "ring-rows")
NAMES = {"rust": "allockit, Rust", "bytes": "bytes::BytesMut", "ringbuf": "ringbuf"}


def ours():
    return [Column("rust", PROGRAM, ["--way", "allockit", "--purge-thread"])]


def others():
    return [Column(name, PROGRAM, ["--way", name]) for name in ("bytes", "ringbuf")]


def prepare(given):
    """Builds; None, or why there are no Rust columns."""
    if not given.prefix:
        subprocess.run([os.path.join(TOP, "tests", "setup"), "rust"], check=True)
    if missing("rust"):
        return missing("rust")
    say("building the Rust columns of the ring")
    env = environment()
    env["PKG_CONFIG_PATH"] = os.path.join(given.installed, "lib", "pkgconfig") + ":" + env["PKG_CONFIG_PATH"]
    env["CARGO_TARGET_DIR"] = os.path.join(BUILD, "ring", "target")
    command = ["cargo", "build", "--quiet", "--release", "--locked", "--manifest-path", os.path.join(HERE, "rust", "Cargo.toml")]
    fetch = command[:1] + ["fetch", "--quiet", "--locked"] + command[5:]
    if subprocess.run(fetch, env=env, stdin=subprocess.DEVNULL).returncode != 0:
        return "the crates that are compared cannot be downloaded"
    if subprocess.run(command, env=env, stdin=subprocess.DEVNULL).returncode != 0:
        raise SystemExit("bench/ring/rust does not build")
    return None


def versions():
    """Of the compiler and of the crates that are compared."""
    said = subprocess.run(["cargo", "tree", "--locked", "--depth", "1", "--prefix", "none", "--manifest-path", os.path.join(HERE, "rust", "Cargo.toml")],
                          env=environment(), capture_output=True, text=True, check=True).stdout
    found = {"Rust": subprocess.run(["rustc", "--version"], env=environment(), capture_output=True, text=True, check=True).stdout.split()[1]}
    for line in said.splitlines()[1:]:
        name, version, *_ = line.split()
        if name in ("bytes", "ringbuf"):
            found[name] = version.removeprefix("v")
    return found
