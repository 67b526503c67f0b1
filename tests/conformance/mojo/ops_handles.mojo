"""Operations on handles and on the process. Answers as in `ops_blocks`."""

from std.time import sleep

from allockit import (
    AkitError,
    Kind,
    Tiered,
    TieredConfig,
    TieredStats,
    cache_limit,
    handles,
    maintain,
    process_stats,
    purge,
    thread_flush,
)

from fields import get_field, set_field
from ops_blocks import UNKNOWN
from words import WRONG_ANSWER, compare, purge_flags, setting
from world import Entry, World


def create(mut world: World, w: List[String]) raises -> Int:
    if w[0] != "create":
        return UNKNOWN
    var config = TieredConfig()
    var label = String()
    var region = String()
    var huge = String()
    for i in range(2, len(w)):
        var field, value = setting(w[i])
        if field == "name":
            label = value
        elif field == "region":
            region = value
        elif field == "huge":
            huge = value
        else:
            set_field(config, field, world.number(value))
    if region and huge:
        var r = world.region(region)
        var h = world.huge(huge)
        try:
            return keep(world, w[1], Tiered(config, region=r, huge=h, name=label))
        except e:
            return e.code
    if region:
        var r = world.region(region)
        try:
            return keep(world, w[1], Tiered(config, region=r, name=label))
        except e:
            return e.code
    if huge:
        var h = world.huge(huge)
        try:
            return keep(world, w[1], Tiered(config, huge=h, name=label))
        except e:
            return e.code
    try:
        return keep(world, w[1], Tiered(config, name=label))
    except e:
        return e.code


def keep(mut world: World, name: String, var heap: Tiered) raises AkitError -> Int:
    var id = heap.stats().id
    world.handles[name] = Entry(heap^.unsafe_release(), Kind.TIERED, id, True)
    return 0


def destroy(mut world: World, w: List[String]) raises -> Int:
    if w[0] != "destroy":
        return UNKNOWN
    var handle = world.heap(w[1]).raw().handle
    if w[1] in world.handles:
        world.handles[w[1]].alive = False
    try:
        var heap = Tiered(unsafe_handle=handle, owned=True)
        if len(w) > 2 and w[2] == "defer":
            heap^.destroy_deferred()
        else:
            heap^.destroy()
    except e:
        return e.code
    return 0


def ask_about_heap(mut world: World, w: List[String]) raises -> Int:
    if w[0] == "stats" or w[0] == "save":
        var save = w[0] == "save"
        var heap = world.heap(w[2] if save else w[1])
        var stats: TieredStats
        try:
            stats = heap.stats()
        except e:
            return e.code
        if save:
            world.saved[w[1]] = get_field(stats, w[3])
        else:
            compare(w[2], get_field(stats, w[2]), w[3], world.number(w[4]))
    elif w[0] == "config" or w[0] == "suggest":
        var heap = world.heap(w[1])
        var config: TieredConfig
        try:
            config = heap.config() if w[0] == "config" else heap.suggest()
        except e:
            return e.code
        if w[2] != "name":
            compare(w[2], get_field(config, w[2]), w[3], world.number(w[4]))
        elif heap.name() != w[4]:
            raise Error(WRONG_ANSWER, "the name is ", heap.name(), ", not ", w[4])
    elif w[0] == "classes":
        compare("number of classes", UInt64(world.heap(w[1]).class_count()), w[2], world.number(w[3]))
    elif w[0] == "class_sum":
        var heap = world.heap(w[1])
        var sum = UInt64(0)
        for i in range(heap.class_count()):
            sum += get_field(heap.class_stats(i), w[2])
        compare(w[2], sum, w[3], world.number(w[4]))
    elif w[0] == "json" or w[0] == "metrics":
        var text = text_of_handle(world, w[1], w[0] == "json")
        if text.find(w[2]) < 0:
            raise Error(WRONG_ANSWER, "the text lacks ", w[2])
    elif w[0] == "listed":
        var id = world.id(w[1])
        var found = UInt64(0)
        for entry in handles():
            if entry.id == id:
                found = 1
        compare("listed", found, w[2], world.number(w[3]))
    elif w[0] == "process":
        compare(w[1], get_field(process_stats(), w[1]), w[2], world.number(w[3]))
    else:
        return UNKNOWN
    return 0


def text_of_handle(world: World, name: String, json: Bool) raises -> String:
    var kind = world.handles[name].kind if name in world.handles else Kind.TIERED
    if kind == Kind.REGION:
        return world.region(name).json() if json else world.region(name).openmetrics()
    if kind == Kind.HUGE:
        return world.huge(name).json() if json else world.huge(name).openmetrics()
    if kind == Kind.POOL:
        return world.pool(name).json() if json else world.pool(name).openmetrics()
    if kind == Kind.RING:
        return world.ring(name).json() if json else world.ring(name).openmetrics()
    return world.heap(name).json() if json else world.heap(name).openmetrics()


def give_back(mut world: World, w: List[String]) raises -> Int:
    if w[0] == "sleep":
        sleep(Float64(world.size(w[1])) / 1000.0)
        return 0
    var heap = world.heap(w[1] if w[0] == "purge" else "default")
    var flags = purge_flags(w[len(w) - 1]) if w[0].startswith("purge") else UInt32(0)
    var bytes = world.number(w[1]) if w[0] == "cache_limit" else UInt64(0)
    try:
        if w[0] == "purge":
            _ = heap.purge(flags)
        elif w[0] == "purge_process":
            _ = purge(flags)
        elif w[0] == "cache_limit":
            cache_limit(bytes)
        elif w[0] == "maintain":
            _ = maintain()
        elif w[0] == "thread_flush":
            thread_flush()
        else:
            return UNKNOWN
    except e:
        return e.code
    return 0
