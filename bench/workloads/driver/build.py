"""Builds everything that will be run: the library, the peers, the workloads."""
import os
import shutil
import subprocess

import plan
from places import BUILD, CACHE, MISSING, PREFIX, TOP, WORKLOADS, environment, missing, relative, say

LOG = os.path.join(CACHE, "bench-build.log")


class Failed(Exception):
    pass


def _must(command, what):
    """A helper script whose progress is shown."""
    if subprocess.run(command, stdout=2, stdin=subprocess.DEVNULL, env=environment()).returncode != 0:
        raise Failed("%s failed" % what)


def _logged(command, **more):
    with open(LOG, "a", encoding="utf-8") as log:
        log.write("$ " + " ".join(command) + "\n")
        log.flush()
        return subprocess.run(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, **more).returncode


def library():
    """The release build, installed the way a user would, into a private prefix."""
    folder = os.path.join(BUILD, "bench")
    say("building allockit in %s" % relative(folder))
    env = environment()
    settings = ["--prefix", PREFIX, "--libdir", "lib", "--buildtype", "release", "-Dtests=false"]

    def attempt():
        words = ["--reconfigure"] if os.path.exists(os.path.join(folder, "build.ninja")) else []
        return (_logged(["meson", "setup", folder, TOP] + settings + words, env=env) == 0
                and _logged(["meson", "compile", "-C", folder], env=env) == 0
                and _logged(["meson", "install", "-C", folder, "--no-rebuild", "--quiet"], env=env) == 0)

    if not attempt():
        # A build folder from another Meson or another place of the clone cannot be reused.
        shutil.rmtree(folder, ignore_errors=True)
        if not attempt():
            raise Failed("allockit does not build; see " + relative(LOG))


def peers():
    say("building peers")
    _must([os.path.join(TOP, "bench", "peers", "build")], "bench/peers/build")


def versions():
    """Name to version, as bench/peers/build found them."""
    found = {}
    try:
        with open(os.path.join(CACHE, "peers", "versions.txt"), encoding="utf-8") as file:
            for line in file:
                words = line.split(None, 2)
                if len(words) > 1:
                    found[words[0]] = words[1]
    except OSError:
        pass
    return found


def workload(name):
    """None when built, else the reason why it is skipped."""
    spec = plan.describe(name)
    if spec.get("needs"):
        _must([os.path.join(TOP, "tests", "setup")] + spec["needs"], "tests/setup")
    if spec.get("inputs"):
        _must([os.path.join(WORKLOADS, "fetch")] + spec["inputs"], "bench/workloads/fetch")
    for need in spec.get("needs", []):
        if missing(need):
            return missing(need)
    for need in spec.get("inputs", []):
        if missing("input-" + need):
            return missing("input-" + need)
    script = os.path.join(WORKLOADS, name, "build")
    folder = plan.out(name)
    os.makedirs(folder, exist_ok=True)
    say("building workload " + name)
    done = subprocess.run([script, folder], capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment())
    with open(LOG, "a", encoding="utf-8") as log:
        log.write("$ %s %s\n%s%s" % (script, folder, done.stdout, done.stderr))
    if done.returncode == 77:
        return (done.stderr.strip().splitlines() or ["cannot be built here"])[-1]
    if done.returncode != 0:
        say(done.stderr)
        raise Failed("workload %s does not build; see %s" % (name, relative(LOG)))
    return None


def prepare():
    os.makedirs(MISSING, exist_ok=True)
    os.makedirs(BUILD, exist_ok=True)
    open(LOG, "w", encoding="utf-8").close()
