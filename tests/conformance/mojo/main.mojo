"""Runs the conformance cases through the Mojo binding: `main cases.txt [NAME...]`. README.md one folder up explains."""

from std.ffi import c_int, external_call
from std.sys import argv, exit

from allockit import AkitError, VoidPtr

from ops_blocks import UNKNOWN, ask_about_block, batch, free_block, look_at_bytes, make_block, resize_block
from ops_handles import ask_about_heap, create, destroy, give_back
from ops_huge import on_huge
from ops_pool_figures import ask_about_pool
from ops_pools import on_buffers, on_pool
from ops_regions import on_region
from ops_rings import on_ring, on_slices
from ops_urings import on_group, on_registration, on_uring
from words import WRONG_ANSWER, error_code
from world import World


def perform(mut world: World, words: List[String]) raises -> Int:
    """One operation; the first function that knows the word answers."""
    if words[0] == "other":
        return on_other_thread(world, words)
    if words[0].startswith("region_"):
        return known(on_region(world, without_prefix(words, "region_")), words)
    if words[0].startswith("huge_"):
        return known(on_huge(world, without_prefix(words, "huge_")), words)
    if words[0].startswith("pool_"):
        return known(on_pool(world, without_prefix(words, "pool_")), words)
    if words[0].startswith("ring_"):
        return known(on_ring(world, without_prefix(words, "ring_")), words)
    if words[0].startswith("uring_"):
        return known(on_uring(world, without_prefix(words, "uring_")), words)
    if words[0].startswith("group_"):
        return known(on_group(world, without_prefix(words, "group_")), words)
    if words[0] == "refill":
        return on_group(world, words)
    var code = on_buffers(world, words)
    if code == UNKNOWN:
        code = on_slices(world, words)
    if code == UNKNOWN:
        code = on_registration(world, words)
    if code == UNKNOWN:
        code = ask_about_pool(world, words)
    if code == UNKNOWN:
        code = make_block(world, words)
    if code == UNKNOWN:
        code = free_block(world, words)
    if code == UNKNOWN:
        code = resize_block(world, words)
    if code == UNKNOWN:
        code = look_at_bytes(world, words)
    if code == UNKNOWN:
        code = ask_about_block(world, words)
    if code == UNKNOWN:
        code = batch(world, words)
    if code == UNKNOWN:
        code = create(world, words)
    if code == UNKNOWN:
        code = destroy(world, words)
    if code == UNKNOWN:
        code = ask_about_heap(world, words)
    if code == UNKNOWN:
        code = give_back(world, words)
    return known(code, words)


def known(code: Int, words: List[String]) raises -> Int:
    if code == UNKNOWN:
        raise Error("not an operation: ", words[0])
    return code


def without_prefix(words: List[String], prefix: String) -> List[String]:
    var rest = words.copy()
    rest[0] = String(words[0][byte = prefix.byte_length() :])
    return rest^


struct Errand:
    """What the other thread is to do, and what came of it."""

    var world: Pointer[World, MutUntrackedOrigin]
    var words: List[String]
    var code: Int
    var failure: String

    def __init__(out self, world: Pointer[World, MutUntrackedOrigin], words: List[String]):
        self.world = world
        self.words = List[String](words[1:])
        self.code = 0
        self.failure = String()


def run_errand(arg: VoidPtr) abi("C") -> VoidPtr:
    ref errand = arg.value().unsafe_bitcast[Errand]()[]
    try:
        errand.code = perform(errand.world[], errand.words)
    except e:
        errand.failure = String(e)
    return None


def on_other_thread(mut world: World, words: List[String]) raises -> Int:
    var errand = Errand(Pointer(to=world).unsafe_origin_cast[MutUntrackedOrigin](), words)
    var arg: VoidPtr = Pointer(to=errand).unsafe_bitcast[NoneType]().unsafe_origin_cast[MutUntrackedOrigin]()
    var thread = UInt64(0)
    if external_call["pthread_create", c_int](Pointer(to=thread), VoidPtr(None), run_errand, arg) != 0:
        raise Error("no thread")
    _ = external_call["pthread_join", c_int](thread, VoidPtr(None))
    if errand.failure:
        raise Error(errand.failure)
    return errand.code


def check_line(mut world: World, line: List[String]) raises:
    """One line of a case: the operation, and the error it must end with when it names one, or one of several."""
    var words = line.copy()
    var n = len(words)
    var wanted = String()
    if n >= 2 and words[n - 2] == "!":
        wanted = words[n - 1]
        words.shrink(n - 2)
    var code = perform(world, words)
    var right = code == 0 and not wanted
    for name in wanted.split("|"):
        right = right or (Bool(wanted) and error_code(String(name)) == code)
    if not right:
        var what = wanted if wanted else String("no error")
        raise Error(WRONG_ANSWER, what, " was expected, it is ", code, " (", AkitError(code), ")")


def given(mut world: World, words: List[String]) raises -> String:
    """Why the rest of the case makes no sense here; empty when it does."""
    try:
        check_line(world, List[String](words[1:]))
    except e:
        var text = String(e)
        if not text.startswith(WRONG_ANSWER):
            raise e^
        return text
    return String()


@fieldwise_init
struct Outcome:
    """How a case went: the first word of its result line, and why."""

    var word: String
    var why: String


def run_case(mut world: World, lines: List[String], start: Int) -> Outcome:
    """Runs the case that starts at this line."""
    var i = start
    try:
        world.reset()
        while True:
            i += 1
            if i >= len(lines):
                raise Error("the case has no end")
            if lines[i] == "end":
                return Outcome("ok", "")
            if not lines[i] or lines[i].startswith("#"):
                continue
            var words = List[String]()
            for word in lines[i].split():
                words.append(String(word))
            if words[0] == "given":
                var why = given(world, words)
                if why:
                    return Outcome("skip", String(": line ", i + 1, ": ", why))
            else:
                check_line(world, words)
    except e:
        return Outcome("FAIL", String(": line ", i + 1, ": ", e))


def main() raises:
    if len(argv()) < 2:
        raise Error("usage: main cases.txt [NAME...]")
    var lines = List[String]()
    with open(argv()[1], "r") as f:
        for line in f.read().splitlines():
            lines.append(String(line.strip()))
    var world = World()
    var passed = 0
    var failed = 0
    var skipped = 0
    for i in range(len(lines)):
        if not lines[i].startswith("case "):
            continue
        var name = String(lines[i][byte=5:])
        var wanted = len(argv()) == 2
        for j in range(2, len(argv())):
            wanted = wanted or argv()[j] == name
        if not wanted:
            continue
        var outcome = run_case(world, lines, i)
        print(outcome.word, " ", name, outcome.why, sep="")
        if outcome.word == "ok":
            passed += 1
        elif outcome.word == "skip":
            skipped += 1
        else:
            failed += 1
    world.reset()
    print(passed, " passed, ", failed, " failed, ", skipped, " skipped", sep="")
    if failed > 0:
        exit(1)
