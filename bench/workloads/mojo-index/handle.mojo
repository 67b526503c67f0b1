"""The index in a heap of allockit."""

from std.sys import argv

from allockit import Tiered, purge_thread

from table import Table
from words import index_text


def main() raises:
    var text: List[UInt8]
    with open(argv()[1], "r") as f:
        text = f.read_bytes()
    purge_thread(True)
    var heap = Tiered(name="index")
    var index = Table(heap)
    index_text(text, index)
    var postings = 0
    var repeated = 0
    var sum = 0
    for i in range(index.capacity):
        var entry = index.entry(i)
        if entry:
            ref found = entry.unsafe_value()[]
            postings += Int(found.count)
            repeated += 1 if found.count > 1 else 0
            for k in range(Int(found.count)):
                sum += found.line(k)
    print(index.used, postings, repeated, sum)
    heap^.destroy()
