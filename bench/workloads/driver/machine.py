"""What the figures were taken on."""
import datetime
import os
import platform
import subprocess


def _first(path, key):
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.startswith(key):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return ""


def _said(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return ""


def _file(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def available_bytes():
    """Memory that programs could have now."""
    words = _first("/proc/meminfo", "MemAvailable").split()
    return int(words[0]) * 1024 if words else 0


def describe():
    memory = _first("/proc/meminfo", "MemTotal").split()
    cpu = _first("/proc/cpuinfo", "model name") or platform.machine()
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory[0]) / (1 << 20), 1) if memory else None,
        "kernel": platform.release(),
        "libc": _said(["getconf", "GNU_LIBC_VERSION"]),
        "compiler": _said(["cc", "--version"]),
        "transparent_hugepage": _file("/sys/kernel/mm/transparent_hugepage/enabled"),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    }


def line(machine):
    return "{cpu}, {cores} cores, {memory_gib} GiB, Linux {kernel}, {libc}, {compiler}; transparent huge pages: {transparent_hugepage}".format(**machine)
