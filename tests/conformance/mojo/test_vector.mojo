"""Tests of the Mojo package itself: vectors. What the library does is tested by the conformance cases."""

from std.testing import TestSuite, assert_equal, assert_true

from allockit import AkitError, Misuse, Tiered, TieredConfig, Vector, misuse_mode


@fieldwise_init
struct Counted(Movable):
    """Counts how often values of it are destroyed."""

    var destroyed: Pointer[Int, MutUntrackedOrigin]

    def __deinit__(deinit self):
        self.destroyed[] += 1


@fieldwise_init
struct Moved(Movable):
    """Cannot be moved by its bytes alone."""

    var id: Int
    var moves: Int

    def __init__(out self, *, deinit move: Self):
        self.id = move.id
        self.moves = move.moves + 1


def make_vector[o: ImmOrigin](ref[o] heap: Tiered, n: Int) raises -> Vector[Int, o]:
    var v = Vector[Int](heap)
    for i in range(n):
        v.append(i)
    return v^


def test_vector() raises:
    var heap = Tiered()
    var v = Vector[Int](heap)
    for i in range(10000):
        v.append(i)
    var sum = 0
    for x in v:
        sum += x
    assert_equal(sum, 49995000)
    for ref x in v:
        x += 1
    assert_equal(v[0], 1)
    assert_equal(v[len(v) - 1], 10000)
    assert_equal(v.pop(), 10000)
    v.shrink(10)
    v.shrink_to_fit()
    assert_equal(len(v), 10)
    assert_true(v.capacity() < 10000)
    assert_equal(v[9], 10)
    v.reserve(500)
    assert_true(v.capacity() >= 500)
    v.clear()
    v.shrink_to_fit()
    assert_equal(v.capacity(), 0)


def test_vector_gives_its_memory_back() raises:
    var heap = Tiered()
    var v = make_vector(heap, 1000)
    assert_equal(v[999], 999)
    assert_true(heap.stats().used_bytes >= 8000)
    _ = v^
    assert_equal(heap.stats().used_bytes, 0)


def test_vector_of_strings_and_vectors() raises:
    var heap = Tiered()
    var words = Vector[String](heap, capacity=2)
    for i in range(100):
        words.append(String("a string that is too long to be inline ", i))
    assert_equal(words[99].byte_length(), 41)
    var lists = Vector[Vector[Int, origin_of(heap)]](heap)
    for i in range(50):
        lists.append(make_vector(heap, i))
    assert_equal(lists[49][48], 48)
    _ = lists^
    _ = words^
    assert_equal(heap.stats().used_bytes, 0)


def test_vector_destroys_its_elements() raises:
    var destroyed = 0
    var counter = Pointer(to=destroyed).unsafe_origin_cast[MutUntrackedOrigin]()
    var heap = Tiered()
    var v = Vector[Counted](heap)
    for _ in range(100):
        v.append(Counted(counter))
    assert_equal(destroyed, 0)
    _ = v.pop()
    assert_equal(destroyed, 1)
    v.shrink(50)
    assert_equal(destroyed, 50)
    _ = v^
    assert_equal(destroyed, 100)


def test_vector_moves_its_elements() raises:
    var heap = Tiered()
    var v = Vector[Moved](heap)
    for i in range(1000):
        v.append(Moved(i, 0))
    for i in range(1000):
        assert_equal(v[i].id, i)
    assert_true(v[0].moves > v[999].moves)


def test_vector_at_the_cap() raises:
    var heap = Tiered(TieredConfig(limit_bytes=8 << 20))
    var v = Vector[Int](heap)
    var failed = False
    for i in range(4 << 20):
        try:
            v.append(i)
        except e:
            assert_equal(e.code, AkitError.ENOMEM)
            failed = True
            break
    assert_true(failed)
    assert_equal(v[len(v) - 1], len(v) - 1)


def test_vector_forgotten_in_a_heap_that_goes_whole() raises:
    var heap = Tiered()
    var v = make_vector(heap, 1000)
    v^.unsafe_forget()
    assert_true(heap.stats().used_bytes >= 8000)
    heap^.destroy()


def main() raises:
    misuse_mode(Misuse.COUNT)
    TestSuite.discover_tests[__functions_in_module()]().run()
