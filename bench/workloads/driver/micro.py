"""The rows of single operations: bench/micro has a program of its own; its tables join the report."""
import os
import subprocess
import sys

from places import TOP, environment, say


def run(full, folder):
    """Whether it went well, and the Markdown lines of its tables."""
    say("micro: rows of single operations")
    command = [os.path.join(TOP, "bench", "micro", "run"), "--out", folder] + (["--full"] if full else [])
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment())
    sys.stdout.write("\n" + done.stdout)
    sys.stdout.flush()
    try:
        with open(os.path.join(folder, "micro.md"), encoding="utf-8") as file:
            lines = file.read().splitlines()
    except OSError:
        lines = ["```"] + done.stdout.splitlines() + ["```"]
    return done.returncode == 0, lines
