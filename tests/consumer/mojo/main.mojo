"""Counts the words of a text in a heap of its own, under a cap, shows what the heap knows about itself, and writes the
words into buffers of a pool."""

from allockit import AkitError, Pool, Tiered, TieredConfig, Vector, version_string


def main() raises:
    var heap = Tiered(TieredConfig(limit_bytes=16 << 20), name="words")
    var text = String("one heap per script one per request one per connection")

    # A list of lists; both levels live in the heap.
    var words = Vector[String](heap)
    var places = Vector[Vector[Int, origin_of(heap)]](heap)
    for i, span in enumerate(text.split()):
        var at = -1
        for k in range(len(words)):
            if words[k] == span:
                at = k
        if at < 0:
            at = len(words)
            words.append(String(span))
            places.append(Vector[Int](heap))
        places[at].append(i)
    for k in range(len(words)):
        print(words[k], len(places[k]))

    # Each word in a buffer of its own; they are valid until the list ends, also without their pool.
    var pool = Pool(name="words")
    var buffers = pool.get_n(0, len(words))
    for k in range(len(words)):
        buffers[k].append(words[k].as_bytes())
    print(pool.stats().out_buffers, "buffers of", buffers[0].capacity())
    pool^.destroy()
    print(String(from_utf8=buffers[len(words) - 1].bytes()))

    # The cap holds, and the heap goes on after it was reached.
    try:
        _ = heap.alloc[UInt8](64 << 20)
    except e:
        print("refused:", e.code == AkitError.ENOMEM)
    var block = heap.alloc[Float64](100)
    block[99] = 1.5
    print(block[99], heap.stats().used_bytes > 0, version_string())
    heap.free(block)
