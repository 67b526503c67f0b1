"""Operations that make and end pools, and those on their buffers. Answers as in `ops_blocks`."""

from allockit import AkitError, Kind, Pool, PoolConfig, VoidPtr

from fields import set_field
from ops_blocks import MOST, UNKNOWN
from ops_pool_figures import ask
from words import WRONG_ANSWER, compare, purge_flags, setting
from world import Block, Entry, World


def on_pool(mut world: World, w: List[String]) raises -> Int:
    """Operations whose word begins with `pool_`; `w[0]` is what follows it."""
    if w[0] == "create":
        return create(world, w)
    if w[0] == "destroy":
        return destroy(world, w)
    if w[0] == "purge":
        var pool = world.pool(w[1])
        var flags = purge_flags(w[2])
        try:
            _ = pool.purge(flags)
        except e:
            return e.code
        return 0
    return ask(world, w)


def on_buffers(mut world: World, w: List[String]) raises -> Int:
    """Operations on buffers."""
    if w[0] == "get":
        return get(world, w)
    if w[0] == "put" or w[0] == "tag" or w[0] == "warm":
        return work_on_buffer(world, w)
    if w[0] == "get_n" or w[0] == "put_n":
        return batch(world, w)
    if w[0] == "get_until":
        return get_until(world, w)
    if w[0] == "repeat" and w[2] == "get_put":
        var pool = world.pool(w[3])
        var length = world.size(w[4])
        try:
            for _ in range(world.size(w[1])):
                pool.get(length).put()
        except e:
            raise Error(WRONG_ANSWER, e)
        return 0
    return UNKNOWN


def create(mut world: World, w: List[String]) raises -> Int:
    var config = PoolConfig()
    var label = String()
    var classes = List[UInt64]()
    var count = -1
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
        elif field == "class_bytes":
            for part in value.split(","):
                classes.append(world.number(String(part)))
        elif field == "class_count":
            count = world.size(value)
        else:
            set_field(config, field, world.number(value))
    if count >= 0 and count != len(classes):
        return AkitError.EINVAL  # a list knows its length
    var memory = world.memory(max(bytes, 0))
    try:
        if bytes < 0:
            return keep(world, w[1], Pool(config, class_bytes=classes, name=label))
        return keep(world, w[1], Pool(config, memory=memory, class_bytes=classes, name=label))
    except e:
        return e.code


def keep(mut world: World, name: String, var pool: Pool) raises AkitError -> Int:
    var id = pool.stats().id
    world.handles[name] = Entry(pool^.unsafe_release(), Kind.POOL, id, True)
    return 0


def destroy(mut world: World, w: List[String]) raises -> Int:
    var handle = world.handle(w[1], Kind.POOL)
    world.handles[w[1]].alive = False
    var pool = Pool(unsafe_handle=handle, owned=True)
    try:
        if len(w) > 2 and w[2] == "now":
            pool^.unsafe_destroy_now()
        else:
            pool^.destroy()
    except e:
        return e.code
    return 0


def get(mut world: World, w: List[String]) raises -> Int:
    var pool = world.pool(w[1])
    var length = world.size(w[3])
    var capacity: Int
    try:
        var buffer = pool.get(length)
        capacity = buffer.capacity()
        world.blocks[w[2]] = Block(buffer^.unsafe_release(), length, room=UInt64(capacity))
    except e:
        return e.code
    compare("capacity", UInt64(capacity), ">=", UInt64(length))
    if len(w) > 4:
        compare("capacity", UInt64(capacity), w[4], world.number(w[5]))
    return 0


def work_on_buffer(mut world: World, w: List[String]) raises -> Int:
    var pool = world.pool(w[1])
    var p = world.block(w[2]).p if w[0] != "warm" else VoidPtr(None)
    var length = world.size(w[2]) if w[0] == "warm" else 0
    var n = world.number(w[3]) if len(w) > 3 else UInt64(0)
    try:
        if w[0] == "put":
            pool.raw().put(p)
        elif w[0] == "tag":
            pool.raw().tag_set(p, n)
        else:
            pool.warm(length, Int(n))
    except e:
        return e.code
    return 0


def batch(mut world: World, w: List[String]) raises -> Int:
    var pool = world.pool(w[1])
    if w[0] == "get_n":
        var length = world.size(w[3])
        var made = List[Block]()
        for var buffer in pool.get_n(length, world.size(w[4])):
            compare("capacity", UInt64(buffer.capacity()), ">=", UInt64(length))
            made.append(Block(buffer^.unsafe_release(), length))
        var done = len(made)
        world.batches[w[2]] = made^
        compare("get_n", UInt64(done), w[5], world.number(w[6]))
        return 0
    var buffers = List[VoidPtr]()
    for i in range(2, len(w) - 2):
        if w[i] in world.batches:
            for block in world.batch(w[i]):
                buffers.append(block.p)
        else:
            buffers.append(world.block(w[i]).p)
    compare("put_n", UInt64(pool.raw().put_n(buffers)), w[len(w) - 2], world.number(w[len(w) - 1]))
    return 0


def get_until(mut world: World, w: List[String]) raises -> Int:
    var pool = world.pool(w[1])
    var length = world.size(w[3])
    var made = List[Block]()
    var code = 0
    while len(made) < MOST and code == 0:
        try:
            made.append(Block(pool.get(length).unsafe_release(), length))
        except e:
            code = e.code
    var done = len(made)
    world.batches[w[2]] = made^
    compare("buffers", UInt64(done), w[4], world.number(w[5]))
    return code
