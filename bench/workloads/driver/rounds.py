"""Runs the variants of a row in interleaved rounds under hyperfine."""
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile

from places import environment, relative, say

LIMIT_S = 300


class Trouble(Exception):
    """A run that ended badly; the text says how."""


def _command(variant, memory):
    # `env` sets the variables, so that neither hyperfine nor time run with another allocator preloaded.
    words = ["/usr/bin/time", "-q", "-f", "%M", "-o", memory]
    if variant.env:
        words += ["env"] + ["%s=%s" % pair for pair in variant.env.items()]
    return words + variant.command


def _run(words, env, folder):
    """hyperfine in a group of its own, so that a hanging program can be ended with it."""
    process = subprocess.Popen(words, env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        text, _ = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise Trouble("no end after %d s" % LIMIT_S) from None
    if process.returncode < 0:
        raise Trouble("hyperfine ended by signal %d" % -process.returncode)
    return text


def once(variant, folder):
    """One run: its figures, and what it printed."""
    memory, printed, result, own = (os.path.join(folder, name) for name in ("memory", "printed", "result.json", "own.json"))
    for path in (memory, printed, result, own):
        if os.path.exists(path):
            os.unlink(path)
    words = ["hyperfine", "-N", "-i", "-r", "1", "--style", "none", "--export-json", result, "--output", printed,
             shlex.join(_command(variant, memory))]
    said = _run(words, {**environment(), "BENCH_FIGURES": own}, folder)
    try:
        with open(result, encoding="utf-8") as file:
            figures = json.load(file)["results"][0]
    except (OSError, ValueError, LookupError):
        raise Trouble("hyperfine: " + (said.strip().splitlines() or ["no result"])[-1]) from None
    code = (figures.get("exit_codes") or [0])[0]
    if code != 0:
        raise Trouble("exit status %s" % code + _complaint(variant, folder))
    with open(printed, "rb") as file:
        output = file.read()
    with open(memory, encoding="utf-8") as file:
        peak = int(file.read().split()[-1])
    if not output.strip():
        raise Trouble("printed nothing")
    run = {"time": round(figures["mean"], 6), "user": round(figures["user"], 6), "system": round(figures["system"], 6), "peak_kib": peak}
    if os.path.exists(own):
        with open(own, encoding="utf-8") as file:
            run["own"] = json.load(file)
    return run, output


def _complaint(variant, folder):
    """The last line a failing program wrote to standard error, found by running it again."""
    env = environment()
    env.update(variant.env)
    try:
        done = subprocess.run(variant.command, env=env, cwd=folder, capture_output=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return ": " + lines[-1][:120] if lines else ""


class Dots:
    """Progress: one line per row, a dot per run."""

    def __init__(self, row, count, rounds):
        say("%s: %d variants, %d rounds" % (row.name, count, rounds))

    def step(self, mark="."):
        sys.stderr.write(mark)
        sys.stderr.flush()

    def end(self):
        sys.stderr.write("\n")


def measure(row, rounds):
    """Runs of a row as dictionaries. Sets row.skipped, variant.failed and row.skipped_peers where something went wrong."""
    runs = []
    wanted = None
    dots = Dots(row, len(row.variants), rounds)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds + 1):  # 0 warms up the caches of the disk and is not counted
            order = row.variants if number % 2 == 0 else row.variants[::-1]
            for variant in [one for one in order if not one.failed]:
                try:
                    run, output = once(variant, folder)
                    if wanted is None:
                        wanted = output
                    if output != wanted:
                        raise Trouble("printed something else than the first variant")
                except Trouble as trouble:
                    dots.step("!")
                    variant.failed = str(trouble)
                    continue
                dots.step("." if number else "w")
                if number:
                    runs.append({"row": row.name, "variant": variant.name, "round": number, **run})
    dots.end()
    _judge(row)
    return [run for run in runs if run["variant"] in {variant.name for variant in row.variants if not variant.failed}]


def _judge(row):
    """A peer that does not start here is left out with its reason; everything else that failed fails the row."""
    keep = []
    for variant in row.variants:
        foreign = variant.peer not in (None, "glibc")
        if variant.failed and foreign and not variant.failed.startswith("printed something else"):
            row.skipped_peers[variant.name] = "does not run this program: " + variant.failed
        else:
            keep.append(variant)
        if variant.failed:
            say("  %s, %s: %s" % (row.name, variant.name, variant.failed))
    row.variants = keep


def written(variant):
    """The command as it can be typed at the top of the clone."""
    def short(value):
        return ":".join(relative(part) if os.path.isabs(part) else part for part in value.split(":"))

    env = ["%s=%s" % (key, short(value)) for key, value in variant.env.items()]
    return " ".join(env + [relative(word) if os.path.isabs(word) else word for word in variant.command])
