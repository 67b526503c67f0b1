"""Questions about pools. Answers as in `ops_blocks`."""

from allockit import AkitError, BlockInfo, ClassStats, PoolConfig, PoolStats

from fields import get_field
from ops_blocks import UNKNOWN
from words import WRONG_ANSWER, compare
from world import World


def ask(mut world: World, w: List[String]) raises -> Int:
    """Questions whose word begins with `pool_`; `w[0]` is what follows it."""
    if w[0] == "stats" or w[0] == "save":
        return ask_stats(world, w)
    if w[0] == "config" or w[0] == "suggest":
        return ask_config(world, w)
    if w[0] == "classes":
        compare("number of classes", UInt64(world.pool(w[1]).class_count()), w[2], world.number(w[3]))
    elif w[0] == "class":
        var pool = world.pool(w[1])
        var index = world.size(w[2])
        var stats: ClassStats
        try:
            stats = pool.class_stats(index)
        except e:
            return e.code
        compare(w[3], get_field(stats, w[3]), w[4], world.number(w[5]))
    elif w[0] == "class_sum":
        var pool = world.pool(w[1])
        var sum = UInt64(0)
        for i in range(pool.class_count()):
            sum += get_field(pool.class_stats(i), w[2])
        compare(w[2], sum, w[3], world.number(w[4]))
    else:
        return UNKNOWN
    return 0


def ask_stats(mut world: World, w: List[String]) raises -> Int:
    var save = w[0] == "save"
    var pool = world.pool(w[2] if save else w[1])
    var stats: PoolStats
    try:
        stats = pool.stats()
    except e:
        return e.code
    if save:
        world.saved[w[1]] = get_field(stats, w[3])
    else:
        compare(w[2], get_field(stats, w[2]), w[3], world.number(w[4]))
    return 0


def ask_config(mut world: World, w: List[String]) raises -> Int:
    var pool = world.pool(w[1])
    var config: PoolConfig
    var classes: List[UInt64]
    var label: String
    try:
        if w[0] == "config":
            config = pool.config()
            classes = pool.class_bytes()
        else:
            var suggestion = pool.suggest()
            config = suggestion.config.copy()
            classes = suggestion.class_bytes.copy()
        label = pool.name()
    except e:
        return e.code
    if w[2] == "name":
        if label != w[4]:
            raise Error(WRONG_ANSWER, "the name is ", label, ", not ", w[4])
    elif w[2] == "class_bytes":
        var wanted = List[UInt64]()
        for part in w[4].split(","):
            wanted.append(world.number(String(part)))
        compare("number of classes", UInt64(len(classes)), "=", UInt64(len(wanted)))
        for i in range(len(wanted)):
            compare("capacity of a class", classes[i], "=", wanted[i])
    elif w[2] == "class_count":
        compare(w[2], UInt64(len(classes)), w[3], world.number(w[4]))
    else:
        compare(w[2], get_field(config, w[2]), w[3], world.number(w[4]))
    return 0


def ask_about_pool(mut world: World, w: List[String]) raises -> Int:
    """Questions about what is out."""
    if w[0] == "capacity":
        var pool = world.pool(w[1])
        compare("capacity", UInt64(pool.raw().capacity(world.block(w[2]).p)), w[3], world.number(w[4]))
        return 0
    if w[0] != "leaks" and w[0] != "leak":
        return UNKNOWN
    var pool = world.pool(w[1])
    var met: List[BlockInfo]
    try:
        met = pool.leaks()
    except e:
        return e.code
    if w[0] == "leaks":
        for i in range(1, len(met)):
            if met[i - 1].base >= met[i].base:
                raise Error(WRONG_ANSWER, "the walk is not in the order of the addresses")
        compare("leaks", UInt64(len(met)), w[2], world.number(w[3]))
        return 0
    var address = UInt64(Int(world.block(w[2]).bytes()))
    for info in met:
        if info.base == address:
            compare(w[3], get_field(info, w[3]), w[4], world.number(w[5]))
            return 0
    return AkitError.ENOENT
