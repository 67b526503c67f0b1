"""Cuts a text into the keys of the index: every word, and every line of more than one word."""


trait Index:
    def add(mut self, key: Span[UInt8, _], line: Int) raises:
        """Notes that a key is in a line."""
        ...


@always_inline
def _blank(c: UInt8) -> Bool:
    # Space, and tab to carriage return, the end of a line among them.
    return c == 32 or c - 9 <= 4


def index_text[I: Index](text: Span[UInt8, _], mut index: I) raises:
    """Adds all keys of a text; a line counts without the blanks around it."""
    var p = text.unsafe_ptr()
    var n = len(text)
    var line = 0
    var i = 0
    while i < n:
        line += 1
        var words = 0
        var first = n
        var end = 0
        while i < n and p[unsafe_offset=i] != 10:
            if _blank(p[unsafe_offset=i]):
                i += 1
                continue
            var start = i
            while i < n and not _blank(p[unsafe_offset=i]):
                i += 1
            index.add(text.unsafe_subspan(offset=start, length=i - start), line)
            words += 1
            first = min(first, start)
            end = i
        if words > 1:
            index.add(text.unsafe_subspan(offset=first, length=end - first), line)
        i += 1
