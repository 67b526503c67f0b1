"""Tables that have programs of their own: bench/micro, bench/regions, bench/pools, bench/ring, bench/uring."""
import os
import subprocess
import sys

from places import TOP, environment, relative, say

NAMES = {"micro": "rows of single operations", "regions": "regions and huge pages", "pools": "buffer pools", "ring": "the buffer ring",
         "uring": "io_uring"}


def run(name, options, folder):
    """Whether it went well. Its tables are printed and left in NAME.md."""
    say("%s: %s" % (name, NAMES[name]))
    command = [os.path.join("bench", name, "run"), "--out", relative(folder)] + options
    done = subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, text=True, env=environment())
    sys.stdout.write("\n" + done.stdout)
    sys.stdout.flush()
    return done.returncode == 0
