"""One line per case and the sum, as in tests/check.h."""
import sys

_counts = {"ok": 0, "FAIL": 0, "skip": 0}


def report(word, name, text=""):
    _counts[word] += 1
    print(word, name + (": " + text if text else ""), flush=True)


def check(name, problems):
    """`problems` is a list of texts; the case is ok when it is empty."""
    problems = list(problems)
    report("FAIL" if problems else "ok", name, "; ".join(map(str, problems[:8])))


def finish():
    print("%d passed, %d failed, %d skipped" % (_counts["ok"], _counts["FAIL"], _counts["skip"]))
    sys.exit(1 if _counts["FAIL"] else 0 if _counts["ok"] else 77)
