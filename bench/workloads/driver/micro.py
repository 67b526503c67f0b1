"""The rows of single operations: bench/micro has a program of its own."""
import os
import subprocess
import sys

from places import TOP, environment, relative, say


def run(full, folder):
    """Whether it went well. Its tables are printed and left in micro.md."""
    say("micro: rows of single operations")
    command = [os.path.join("bench", "micro", "run"), "--out", relative(folder)] + (["--full"] if full else [])
    done = subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, text=True, env=environment())
    sys.stdout.write("\n" + done.stdout)
    sys.stdout.flush()
    return done.returncode == 0
