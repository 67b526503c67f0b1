"""The index in the language's own collections."""

from std.sys import argv

from words import Index, index_text


struct Native(Index):
    var lists: Dict[String, List[Int]]

    def __init__(out self):
        self.lists = Dict[String, List[Int]]()

    def add(mut self, key: Span[UInt8, _], line: Int) raises:
        self.lists.setdefault(String(unsafe_from_utf8=key), List[Int]()).append(line)


def main() raises:
    var text: List[UInt8]
    with open(argv()[1], "r") as f:
        text = f.read_bytes()
    var index = Native()
    index_text(text, index)
    var postings = 0
    var repeated = 0
    var sum = 0
    for list in index.lists.values():
        postings += len(list)
        repeated += 1 if len(list) > 1 else 0
        for line in list:
            sum += line
    print(len(index.lists), postings, repeated, sum)
