"""Operations on huge pages. Answers as in `ops_blocks`."""

from allockit import (
    Huge,
    HugeConfig,
    HugeStats,
    HugeSystem,
    Kind,
    huge_system_get,
    huge_system_node_get,
    huge_system_text,
)

from fields import get_field, set_field
from ops_blocks import UNKNOWN
from words import WRONG_ANSWER, alloc_flags, compare, purge_flags, setting
from world import Block, Entry, World


def on_huge(mut world: World, w: List[String]) raises -> Int:
    """Operations whose word begins with `huge_`; `w[0]` is what follows it."""
    if w[0] == "create":
        return create(world, w)
    if w[0] == "destroy":
        return destroy(world, w)
    if w[0] == "alloc" or w[0] == "free":
        return on_block(world, w)
    if w[0].startswith("system"):
        return on_system(world, w)
    if w[0] == "reason" or w[0] == "node":
        return count(world, w)
    return ask(world, w)


def create(mut world: World, w: List[String]) raises -> Int:
    var config = HugeConfig()
    var label = String()
    for i in range(2, len(w)):
        var field, value = setting(w[i])
        if field == "name":
            label = value
        else:
            set_field(config, field, world.number(value))
    try:
        var huge = Huge(config, name=label)
        var id = huge.stats().id
        world.handles[w[1]] = Entry(huge^.unsafe_release(), Kind.HUGE, id, True)
    except e:
        return e.code
    return 0


def destroy(mut world: World, w: List[String]) raises -> Int:
    var handle = world.handle(w[1], Kind.HUGE)
    world.handles[w[1]].alive = False
    var huge = Huge(unsafe_handle=handle, owned=True)
    try:
        if len(w) > 2 and w[2] == "defer":
            huge^.destroy_deferred()
        else:
            huge^.destroy()
    except e:
        return e.code
    return 0


def on_block(mut world: World, w: List[String]) raises -> Int:
    var huge = world.huge(w[1]).raw()
    if w[0] == "free":
        var p = world.block(w[2]).p
        try:
            huge.free(p)
        except e:
            return e.code
        return 0
    var size = world.size(w[3])
    var alignment = world.size(w[4]) if len(w) > 4 else 0
    var flags = alloc_flags(w[5]) if len(w) > 5 else UInt32(0)
    try:
        var p, backing = huge.alloc(size, alignment, flags)
        world.blocks[w[2]] = Block(p, size, backing=backing)
    except e:
        return e.code
    return 0


def on_system(mut world: World, w: List[String]) raises -> Int:
    if w[0] == "system" or w[0] == "system_save" or w[0] == "system_node":
        var of_node = w[0] == "system_node"
        var node = world.size(w[1]) if of_node else 0
        var system: HugeSystem
        try:
            system = huge_system_node_get(node) if of_node else huge_system_get()
        except e:
            return e.code
        if w[0] == "system":
            compare(w[1], get_field(system, w[1]), w[2], world.number(w[3]))
        elif w[0] == "system_save":
            world.saved[w[1]] = get_field(system, w[2])
        elif len(w) > 2:
            compare(w[2], get_field(system, w[2]), w[3], world.number(w[4]))
    elif w[0] == "system_text":
        if huge_system_text().find(w[1]) < 0:
            raise Error(WRONG_ANSWER, "the text lacks ", w[1])
    else:
        return UNKNOWN
    return 0


def count(mut world: World, w: List[String]) raises -> Int:
    var huge = world.huge(w[1])
    var which = world.number(w[2])
    var number: UInt64
    try:
        number = huge.reason_count(which) if w[0] == "reason" else huge.node_bytes(Int(which))
    except e:
        return e.code
    if len(w) > 3:
        compare(w[0], number, w[3], world.number(w[4]))
    return 0


def ask(mut world: World, w: List[String]) raises -> Int:
    if w[0] == "stats" or w[0] == "save":
        var save = w[0] == "save"
        var huge = world.huge(w[2] if save else w[1])
        var stats: HugeStats
        try:
            stats = huge.stats()
        except e:
            return e.code
        if save:
            world.saved[w[1]] = get_field(stats, w[3])
        else:
            compare(w[2], get_field(stats, w[2]), w[3], world.number(w[4]))
    elif w[0] == "config" or w[0] == "suggest":
        var huge = world.huge(w[1])
        var config: HugeConfig
        try:
            config = huge.config() if w[0] == "config" else huge.suggest()
        except e:
            return e.code
        if w[2] != "name":
            compare(w[2], get_field(config, w[2]), w[3], world.number(w[4]))
        elif huge.name() != w[4]:
            raise Error(WRONG_ANSWER, "the name is ", huge.name(), ", not ", w[4])
    elif w[0] == "purge":
        var huge = world.huge(w[1])
        var flags = purge_flags(w[2])
        try:
            _ = huge.purge(flags)
        except e:
            return e.code
    else:
        return UNKNOWN
    return 0
