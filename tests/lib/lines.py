"""Turns what other test tools print into our result lines: `ok NAME`, `FAIL NAME: reason`, `skip NAME: reason`."""
import json
import re
import sys

RESULT = re.compile(r"^(ok|FAIL|skip) (\S+)(.*)$")


def meson(lines):
    """testlog.json: one object per program, with what it printed. Its own case lines count; a program without any is one case."""
    for line in lines:
        test = json.loads(line)
        name = test["name"].split("/")[-1].split(" / ")[-1].split(":")[-1].strip()
        cases = [RESULT.match(l) for l in test.get("stdout", "").splitlines()]
        cases = [m for m in cases if m]
        for m in cases:
            print("%s %s.%s%s" % (m.group(1), name, m.group(2), m.group(3)))
        good = test["result"] in ("OK", "SKIP", "EXPECTEDFAIL")
        told = test["returncode"] == 1 and any(m.group(1) == "FAIL" for m in cases)
        if not good and not told:
            tail = [l for l in (test.get("stderr", "") + test.get("stdout", "")).splitlines() if l.strip()]
            error = [l for l in tail if "ERROR" in l or "WARNING: ThreadSanitizer" in l or "runtime error" in l]
            print("FAIL %s: %s, code %s: %s" % (name, test["result"], test["returncode"], (error or tail or [""])[-1 if not error else 0][:200]))
        elif not cases:
            print("skip %s: exit code 77" % name if test["result"] == "SKIP" else "ok %s" % name)


def cargo(lines):
    crate, seen, broken = "", False, ""
    for line in lines:
        started = re.match(r"\s*(?:Running|Doc-tests) (?:unittests )?(\S+)(?: \(.*/(\w+?)-\w+\))?", line)
        if started:
            crate = (started.group(2) or "doc-" + started.group(1)) + "."
        m = re.match(r"test (.+?) \.\.\. (ok|FAILED|ignored)(.*)", line)
        if m:
            seen = True
            name = crate + re.sub(r"[^\w:./-]+", "_", m.group(1))
            print({"ok": "ok ", "FAILED": "FAIL ", "ignored": "skip "}[m.group(2)] + name
                  + ("" if m.group(2) == "ok" else ": " + (m.group(3).strip(", ") or "see the log")))
        elif line.startswith("error"):
            broken = broken or line.strip()
    if broken and (not seen or "could not compile" in broken):
        print("FAIL cargo: " + broken)


def go(lines):
    seen, last, reason = False, "", "see the log"
    for line in lines:
        m = re.match(r"\s*--- (PASS|FAIL|SKIP): (\S+)", line)
        if m:
            seen = True
            print({"PASS": "ok %s", "FAIL": "FAIL %s: " + reason, "SKIP": "skip %s: " + reason}[m.group(1)] % m.group(2))
        elif line.startswith("=== RUN"):
            reason = "see the log"
        elif re.match(r"\s+\w+\.go:\d+: ", line):
            reason = line.strip().replace("%", "%%")
        elif re.match(r"(panic:|fatal error:|WARNING: DATA RACE|FAIL\s+\S+ \[|SIG[A-Z]+:)", line):
            print("FAIL go: " + line.strip())
        last = line.strip() or last
    if not seen:
        print("FAIL go: " + last)


def mojo(lines):
    seen, last, failing = False, "", None
    for line in lines:
        if failing:
            print("FAIL %s: %s" % (failing, line.strip()))
            failing = None
        m = re.match(r"\s*(PASS|FAIL|SKIP)\s*\[[^]]*\]\s*(\S+)", line) or re.match(r"\s*(PASS|FAIL|SKIP)\S*\s+(test_\w+)", line)
        if m:
            seen = True
            if m.group(1) == "FAIL":
                failing = m.group(2)
            else:
                print({"PASS": "ok %s", "SKIP": "skip %s: see the log"}[m.group(1)] % m.group(2))
        last = line.strip() or last
    if not seen:
        print("FAIL mojo: " + last)


def echoed(lines):
    """The log shows what the tool said; the result lines go to the standard output."""
    for line in lines:
        sys.stderr.write(line)
        yield line


if __name__ == "__main__":
    chosen = sys.argv[1]
    {"meson": meson, "cargo": cargo, "go": go, "mojo": mojo}[chosen](sys.stdin if chosen == "meson" else echoed(sys.stdin))
