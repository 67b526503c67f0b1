"""Operations of rings. Answers as in `ops_blocks`."""

from allockit import AkitError, Kind, Ring, RingConfig, RingStats, VoidPtr

from fields import get_field, set_field
from ops_blocks import MOST, UNKNOWN
from words import WRONG_ANSWER, compare, setting
from world import Block, Entry, World


def on_ring(mut world: World, w: List[String]) raises -> Int:
    """Operations whose word begins with `ring_`; `w[0]` is what follows it."""
    if w[0] == "create":
        return create(world, w)
    if w[0] == "destroy":
        return destroy(world, w)
    if w[0] == "memory":
        return ask_memory(world, w)
    if w[0] == "stats" or w[0] == "save":
        return ask_stats(world, w)
    if w[0] == "config" or w[0] == "suggest":
        return ask_config(world, w)
    return UNKNOWN


def on_slices(mut world: World, w: List[String]) raises -> Int:
    """Operations on slices."""
    if w[0] == "acquire":
        return acquire(world, w)
    if w[0] == "acquire_n" or w[0] == "release_n":
        return batch(world, w)
    if w[0] == "acquire_until":
        return acquire_until(world, w)
    if w[0] == "release" or w[0] == "retain" or w[0] == "release_to":
        return work_on_slice(world, w)
    if w[0] == "commit":
        return commit(world, w)
    if w[0] == "within":
        return within(world, w)
    if w[0] == "repeat" and w[2] == "acquire_release":
        var ring = world.ring(w[3])
        var length = world.size(w[4])
        try:
            for _ in range(world.size(w[1])):
                ring.acquire(length).release()
        except e:
            raise Error(WRONG_ANSWER, e)
        return 0
    return UNKNOWN


def create(mut world: World, w: List[String]) raises -> Int:
    var config = RingConfig()
    var label = String()
    var bytes = -1
    for i in range(2, len(w)):
        var field, value = setting(w[i])
        if field == "name":
            label = value
        elif field == "memory":
            bytes = world.size(value)
        elif field == "region":
            config.region = world.handle(value, Kind.REGION)
        elif field == "huge":
            config.huge = world.handle(value, Kind.HUGE)
        else:
            set_field(config, field, world.number(value))
    var memory = world.memory(max(bytes, 0))
    try:
        if bytes < 0:
            return keep(world, w[1], Ring(config, name=label))
        return keep(world, w[1], Ring(config, memory=memory, name=label))
    except e:
        return e.code


def keep(mut world: World, name: String, var ring: Ring) raises AkitError -> Int:
    var id = ring.stats().id
    world.handles[name] = Entry(ring^.unsafe_release(), Kind.RING, id, True)
    return 0


def destroy(mut world: World, w: List[String]) raises -> Int:
    var handle = world.handle(w[1], Kind.RING)
    world.handles[w[1]].alive = False
    var ring = Ring(unsafe_handle=handle, owned=True)
    try:
        if len(w) > 2 and w[2] == "now":
            ring^.unsafe_destroy_now()
        else:
            ring^.destroy()
    except e:
        return e.code
    return 0


def acquire(mut world: World, w: List[String]) raises -> Int:
    var ring = world.ring(w[1])
    var length = world.size(w[3])
    try:
        world.blocks[w[2]] = Block(ring.acquire(length).unsafe_release(), length)
    except e:
        return e.code
    return 0


def batch(mut world: World, w: List[String]) raises -> Int:
    var ring = world.ring(w[1])
    if w[0] == "acquire_n":
        var length = world.size(w[3])
        var made = List[Block]()
        for var slice in ring.acquire_n(length, world.size(w[4])):
            made.append(Block(slice^.unsafe_release(), length))
        var done = len(made)
        world.batches[w[2]] = made^
        compare("acquire_n", UInt64(done), w[5], world.number(w[6]))
        return 0
    var slices = List[VoidPtr]()
    for i in range(2, len(w) - 2):
        if w[i] in world.batches:
            for block in world.batch(w[i]):
                slices.append(block.p)
        else:
            slices.append(world.block(w[i]).p)
    compare("release_n", UInt64(ring.raw().release_n(slices)), w[len(w) - 2], world.number(w[len(w) - 1]))
    return 0


def acquire_until(mut world: World, w: List[String]) raises -> Int:
    var ring = world.ring(w[1])
    var length = world.size(w[3])
    var made = List[Block]()
    var code = 0
    while len(made) < MOST and code == 0:
        try:
            made.append(Block(ring.acquire(length).unsafe_release(), length))
        except e:
            code = e.code
    var done = len(made)
    world.batches[w[2]] = made^
    compare("slices", UInt64(done), w[4], world.number(w[5]))
    return code


def work_on_slice(mut world: World, w: List[String]) raises -> Int:
    var ring = world.ring(w[1])
    var p = world.block(w[2]).p
    var count = world.size(w[3]) if w[0] == "retain" else 0
    var released = 0
    try:
        if w[0] == "release":
            ring.raw().release(p)
        elif w[0] == "retain":
            ring.raw().retain(p, count)
        else:
            released = ring.raw().release_to(p)
    except e:
        return e.code
    if w[0] == "release_to":
        compare("released", UInt64(released), w[3], world.number(w[4]))
    return 0


def commit(mut world: World, w: List[String]) raises -> Int:
    var ring = world.ring(w[1])
    var p = world.block(w[2]).p
    var used = world.size(w[3])
    try:
        ring.raw().commit(p, used)
    except e:
        return e.code
    world.blocks[w[2]] = Block(p, used)
    return 0


def ask_memory(mut world: World, w: List[String]) raises -> Int:
    var ring = world.ring(w[1])
    var length: Int
    try:
        length = ring.memory()[1]
    except e:
        return e.code
    compare("length of the area", UInt64(length), w[2], world.number(w[3]))
    return 0


def within(mut world: World, w: List[String]) raises -> Int:
    var base, length = world.ring(w[1]).memory()
    var distance = Int(world.block(w[2]).bytes()) - Int(base.value())
    if distance < 0 or distance + world.size(w[3]) > length:
        raise Error(WRONG_ANSWER, w[2], " lies outside of the area")
    return 0


def ask_stats(mut world: World, w: List[String]) raises -> Int:
    var save = w[0] == "save"
    var ring = world.ring(w[2] if save else w[1])
    var stats: RingStats
    try:
        stats = ring.stats()
    except e:
        return e.code
    if save:
        world.saved[w[1]] = get_field(stats, w[3])
    else:
        compare(w[2], get_field(stats, w[2]), w[3], world.number(w[4]))
    return 0


def ask_config(mut world: World, w: List[String]) raises -> Int:
    var ring = world.ring(w[1])
    var config: RingConfig
    var label: String
    try:
        config = ring.config() if w[0] == "config" else ring.suggest()
        label = ring.name()
    except e:
        return e.code
    if w[2] != "name":
        compare(w[2], get_field(config, w[2]), w[3], world.number(w[4]))
    elif label != w[4]:
        raise Error(WRONG_ANSWER, "the name is ", label, ", not ", w[4])
    return 0
