"""The system's reservation of huge pages."""
import contextlib
import os

ROOT = "/sys/kernel/mm/hugepages"
MIB = 1 << 20


def _file(page_mib, name):
    return os.path.join(ROOT, "hugepages-%dkB" % (page_mib * 1024), name)


def _read(page_mib, name):
    try:
        with open(_file(page_mib, name), encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def _write(page_mib, value):
    with open(_file(page_mib, "nr_hugepages"), "w", encoding="ascii") as file:
        file.write("%d\n" % value)


def free(page_mib):
    """Pages that a program could have now."""
    return _read(page_mib, "free_hugepages") - _read(page_mib, "resv_hugepages")


def possible():
    return os.access(_file(2, "nr_hugepages"), os.W_OK)


@contextlib.contextmanager
def pages(wanted, allowed):
    """Reserves what is missing of `wanted` (page size in MiB -> pages) and takes it back afterwards, whatever happens."""
    added = {}
    try:
        for page_mib, count in wanted.items() if allowed and possible() else ():
            more = count - free(page_mib)
            if more > 0 and os.path.exists(_file(page_mib, "nr_hugepages")):
                before = _read(page_mib, "nr_hugepages")
                _write(page_mib, before + more)
                added[page_mib] = _read(page_mib, "nr_hugepages") - before
        yield
    finally:
        for page_mib, more in added.items():
            _write(page_mib, max(0, _read(page_mib, "nr_hugepages") - more))


def lacking(page_mib, count):
    """None, or why a row that needs `count` free pages is skipped."""
    have = free(page_mib)
    return None if have >= count else "%d free pages of %d MiB in the reservation, %d needed" % (have, page_mib, count)
