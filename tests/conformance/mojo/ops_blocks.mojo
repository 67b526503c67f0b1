"""Operations that make, change, look at and give back blocks.

Every function here answers with 0, with the error of the library, or with `UNKNOWN` for a word that is not its own; it
raises when an answer is wrong or the line cannot be understood.
"""

from allockit import AkitError, BlockInfo, VoidPtr, inspect, malloc

from words import WRONG_ANSWER, alloc_flags, compare
from world import Block, World
from fields import get_field

comptime UNKNOWN = -1
comptime MOST = 1000000


def make_block(mut world: World, w: List[String]) raises -> Int:
    var op = w[0]
    if op != "alloc" and op != "calloc" and op != "aligned" and op != "allocx":
        return UNKNOWN
    var heap = world.heap(w[1])
    var name = w[2]
    var size = world.size(w[3])
    var more = world.size(w[4]) if len(w) > 4 else 0
    var flags = alloc_flags(w[5]) if len(w) > 5 else UInt32(0)
    try:
        if op == "alloc":
            world.blocks[name] = Block(heap.raw().alloc(size), size)
        elif op == "calloc":
            world.blocks[name] = Block(heap.raw().calloc(size, more), size * more)
        elif op == "aligned":
            world.blocks[name] = Block(heap.raw().aligned_alloc(size, more), more)
        else:
            var p, usable = heap.raw().allocx(size, more, flags)
            world.blocks[name] = Block(p, size)
            if usable < size:
                return AkitError.E2BIG
    except e:
        return e.code
    return 0


def resize_block(mut world: World, w: List[String]) raises -> Int:
    if w[0] != "realloc" and w[0] != "reallocx":
        return UNKNOWN
    var heap = world.heap(w[1])
    var size = world.size(w[3])
    var old = world.block_or_null(w[2])
    var alignment = world.size(w[4]) if len(w) > 4 else 0
    var flags = alloc_flags(w[5]) if len(w) > 5 else UInt32(0)
    try:
        if w[0] == "realloc":
            world.blocks[w[2]] = Block(heap.raw().realloc(old.p, size), size)
        else:
            world.blocks[w[2]] = Block(heap.raw().reallocx(old.p, size, alignment, flags)[0], size)
    except e:
        return e.code
    return 0


def free_block(mut world: World, w: List[String]) raises -> Int:
    if w[0] == "free":
        world.heap(w[1]).raw().free(world.block(w[2]).p)
    elif w[0] == "free_sized":
        world.heap(w[1]).raw().free_sized(world.block(w[2]).p, world.size(w[3]))
    elif w[0] == "free_aligned_sized":
        world.heap(w[1]).raw().free_aligned_sized(world.block(w[2]).p, world.size(w[3]), world.size(w[4]))
    elif w[0] == "free_any":
        malloc.free(world.block(w[1]).p)
    else:
        return UNKNOWN
    return 0


def batch(mut world: World, w: List[String]) raises -> Int:
    if w[0] == "alloc_n":
        var heap = world.heap(w[1])
        var size = world.size(w[3])
        var made = List[Block]()
        for p in heap.raw().alloc_n(size, world.size(w[4])):
            made.append(Block(p, size))
        var done = len(made)
        world.batches[w[2]] = made^
        compare("alloc_n", UInt64(done), w[5], world.number(w[6]))
    elif w[0] == "free_n":
        var heap = world.heap(w[1])
        var blocks = List[VoidPtr]()
        for block in world.batch(w[2]):
            blocks.append(block.p)
        compare("free_n", UInt64(heap.raw().free_n(blocks)), w[3], world.number(w[4]))
    elif w[0] == "exhaust":
        var heap = world.heap(w[1])
        var size = world.size(w[3])
        var made = List[Block]()
        var code = 0
        while len(made) < MOST and code == 0:
            try:
                made.append(Block(heap.raw().alloc(size), size))
            except e:
                code = e.code
        var done = len(made)
        world.batches[w[2]] = made^
        if code != AkitError.ENOMEM:
            raise Error(WRONG_ANSWER, "exhaust ended with ", code, " after ", done, " blocks")
        compare("exhaust", UInt64(done), w[4], world.number(w[5]))
    elif w[0] == "repeat":
        if w[2] != "alloc_free":
            raise Error("cannot repeat ", w[2])
        var heap = world.heap(w[3])
        var size = world.size(w[4])
        for _ in range(world.size(w[1])):
            heap.raw().free(heap.raw().alloc(size))
    else:
        return UNKNOWN
    return 0


def look_at_bytes(mut world: World, w: List[String]) raises -> Int:
    if w[0] == "fill":
        world.block(w[1]).fill(world.size(w[2]))
    elif w[0] == "verify":
        var block = world.block(w[1])
        block.verify(world.size(w[2]), world.size(w[3]) if len(w) > 3 else block.size)
    elif w[0] == "zeros":
        var block = world.block(w[1])
        block.zeros(world.size(w[2]) if len(w) > 2 else block.size)
    elif w[0] == "fill_n":
        var seed = world.size(w[2])
        for i, block in enumerate(world.batch(w[1])):
            block.fill(seed + i)
    elif w[0] == "verify_n":
        var seed = world.size(w[2])
        for i, block in enumerate(world.batch(w[1])):
            block.verify(seed + i, block.size)
    elif w[0] == "at":
        var address = Int(world.block(w[1]).bytes())
        if address % world.size(w[2]) != 0:
            raise Error(WRONG_ANSWER, "address ", address, " is not a multiple of ", w[2])
    elif w[0] == "same" or w[0] == "differ":
        var equal = Int(world.block(w[1]).bytes()) == Int(world.block(w[2]).bytes())
        if equal != (w[0] == "same"):
            raise Error(WRONG_ANSWER, "the addresses ", "are equal" if equal else "differ")
    elif w[0] == "keep":
        world.blocks[w[2]] = world.block(w[1])
    else:
        return UNKNOWN
    return 0


def ask_about_block(mut world: World, w: List[String]) raises -> Int:
    if w[0] == "usable":
        compare("usable size", UInt64(world.heap(w[1]).usable_size(world.block(w[2]).p)), w[3], world.number(w[4]))
    elif w[0] == "good_size":
        compare("good size", UInt64(world.heap(w[1]).good_size(world.size(w[2]))), w[3], world.number(w[4]))
    elif w[0] == "owns":
        var heap = world.heap(w[1])
        var p = world.block(w[2]).p
        var yes: Bool
        try:
            yes = heap.owns(p)
        except e:
            return e.code
        if len(w) > 3:
            compare("owns", UInt64(1 if yes else 0), w[3], world.number(w[4]))
    elif w[0] == "room":
        compare("usable size", world.block(w[1]).room, w[2], world.number(w[3]))
    elif w[0] == "backing":
        compare("backing", world.block(w[1]).backing, w[2], world.number(w[3]))
    elif w[0] == "inspect":
        var p = world.block(w[1]).p
        var info: BlockInfo
        try:
            info = inspect(p)
        except e:
            return e.code
        if len(w) > 2:
            compare(w[2], get_field(info, w[2]), w[3], world.number(w[4]))
    else:
        return UNKNOWN
    return 0
