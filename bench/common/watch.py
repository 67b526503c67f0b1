"""Jobs that end idle (idle.h): runs one and watches the process's resident memory from outside."""
import json
import os
import subprocess
import time

import turns

PAGE = os.sysconf("SC_PAGESIZE")
STEP = 0.010
LENGTH = 1.5


def anonymous_mib(pid):
    """From statm, which needs no walk through the page tables and so does not slow down what is watched."""
    with open("/proc/%d/statm" % pid, encoding="ascii") as file:
        words = file.read().split()
    return (int(words[1]) - int(words[2])) * PAGE / (1 << 20)


def sample(pid):
    start = time.monotonic()
    points = []
    number = 0
    while True:
        points.append([round((time.monotonic() - start) * 1000, 1), round(anonymous_mib(pid), 2)])
        number += 1
        if number * STEP > LENGTH + STEP / 2:
            return points
        time.sleep(max(0.0, start + number * STEP - time.monotonic()))


def expect(process, word):
    line = process.stdout.readline().strip()
    if line != word:
        process.kill()
        raise RuntimeError("ended before '%s': %s" % (word, (line + process.stderr.read())[-200:]))


def run(job, column, size, prefix):
    """Figures of the job (JOB-peak, and JOB-MS for what is kept so many ms later), and the curve: points of (ms, MiB)."""
    command = [column.program, job] + column.words + ["--bytes", str(size)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=turns.environment_of(column, prefix)) as process:
        expect(process, "peak")
        peak = anonymous_mib(process.pid)
        expect(process, "freed")
        curve = sample(process.pid)
        process.stdin.close()
        figures = [json.loads(line) for line in process.stdout]
        if process.wait() != 0:
            raise RuntimeError("status %d %s" % (process.returncode, process.stderr.read()[-200:]))
    figures.append({"row": job + "-peak", "value": peak})
    for ms in (0, 100, 300, 1000, 1500):
        figures.append({"row": "%s-%d" % (job, ms), "value": min(curve, key=lambda point: abs(point[0] - ms))[1]})
    return figures, curve
