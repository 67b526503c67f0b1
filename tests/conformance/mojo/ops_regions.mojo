"""Operations on regions. Answers as in `ops_blocks`."""

from allockit import Kind, Region, RegionConfig, RegionStats

from fields import get_field, set_field
from ops_blocks import UNKNOWN
from words import WRONG_ANSWER, alloc_flags, compare, purge_flags, setting
from world import Block, Entry, World


def on_region(mut world: World, w: List[String]) raises -> Int:
    """Operations whose word begins with `region_`; `w[0]` is what follows it."""
    if w[0] == "create":
        return create(world, w)
    if w[0] == "destroy":
        return destroy(world, w)
    if w[0] == "alloc" or w[0] == "realloc":
        return make_block(world, w)
    if w[0] == "free" or w[0] == "prefault" or w[0] == "pin" or w[0] == "unpin":
        return work_on_block(world, w)
    return ask(world, w)


def create(mut world: World, w: List[String]) raises -> Int:
    var config = RegionConfig()
    var label = String()
    var bytes = -1
    for i in range(2, len(w)):
        var field, value = setting(w[i])
        if field == "name":
            label = value
        elif field == "memory":
            bytes = world.size(value)
        else:
            set_field(config, field, world.number(value))
    var memory = world.memory(max(bytes, 0))
    try:
        var region = Region(config, name=label) if bytes < 0 else Region(config, memory=memory, name=label)
        var id = region.stats().id
        world.handles[w[1]] = Entry(region^.unsafe_release(), Kind.REGION, id, True)
    except e:
        return e.code
    return 0


def destroy(mut world: World, w: List[String]) raises -> Int:
    var handle = world.handle(w[1], Kind.REGION)
    world.handles[w[1]].alive = False
    var region = Region(unsafe_handle=handle, owned=True)
    try:
        if len(w) > 2 and w[2] == "defer":
            region^.destroy_deferred()
        else:
            region^.destroy()
    except e:
        return e.code
    return 0


def make_block(mut world: World, w: List[String]) raises -> Int:
    var region = world.region(w[1]).raw()
    var name = w[2]
    var size = world.size(w[3])
    var made: Block
    if w[0] == "alloc":
        var alignment = world.size(w[4]) if len(w) > 4 else 0
        var flags = alloc_flags(w[5]) if len(w) > 5 else UInt32(0)
        try:
            var p, usable = region.alloc(size, alignment, flags)
            made = Block(p, size, room=UInt64(usable))
        except e:
            return e.code
    else:
        var old = world.block_or_null(name)
        var flags = alloc_flags(w[4]) if len(w) > 4 else UInt32(0)
        try:
            var p, usable = region.realloc(old.p, size, flags)
            made = Block(p, size, room=UInt64(usable))
        except e:
            return e.code
    world.blocks[name] = made
    compare("usable size", made.room, ">=", UInt64(size))
    return 0


def work_on_block(mut world: World, w: List[String]) raises -> Int:
    var region = world.region(w[1]).raw()
    var p = world.block(w[2]).p
    var length = world.size(w[3]) if len(w) > 3 else 0
    try:
        if w[0] == "free":
            region.free(p)
        elif w[0] == "prefault":
            region.prefault(p, length)
        elif w[0] == "pin":
            region.pin(p)
        else:
            region.unpin(p)
    except e:
        return e.code
    return 0


def ask(mut world: World, w: List[String]) raises -> Int:
    if w[0] == "stats" or w[0] == "save":
        var save = w[0] == "save"
        var stats: RegionStats
        var region = world.region(w[2] if save else w[1])
        try:
            stats = region.stats()
        except e:
            return e.code
        if save:
            world.saved[w[1]] = get_field(stats, w[3])
        else:
            compare(w[2], get_field(stats, w[2]), w[3], world.number(w[4]))
    elif w[0] == "config" or w[0] == "suggest":
        var region = world.region(w[1])
        var config: RegionConfig
        try:
            config = region.config() if w[0] == "config" else region.suggest()
        except e:
            return e.code
        if w[2] != "name":
            compare(w[2], get_field(config, w[2]), w[3], world.number(w[4]))
        elif region.name() != w[4]:
            raise Error(WRONG_ANSWER, "the name is ", region.name(), ", not ", w[4])
    elif w[0] == "purge":
        var region = world.region(w[1])
        var flags = purge_flags(w[2])
        try:
            _ = region.purge(flags)
        except e:
            return e.code
    elif w[0] == "node":
        var region = world.region(w[1])
        var node = world.size(w[2])
        var bytes: UInt64
        try:
            bytes = region.node_bytes(node)
        except e:
            return e.code
        if len(w) > 3:
            compare("bytes on the node", bytes, w[3], world.number(w[4]))
    else:
        return UNKNOWN
    return 0
