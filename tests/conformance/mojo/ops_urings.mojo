"""Operations of registrations with io_uring and of their groups. Answers as in `ops_blocks`."""

from std.ffi import c_int, external_call, get_errno

from allockit import (
    AkitError,
    Group,
    GroupConfig,
    GroupStats,
    Kind,
    Uring,
    UringConfig,
    UringStats,
    VoidPtr,
    handles,
    uring_probe,
)

from fields import get_field, set_field
from ops_blocks import UNKNOWN
from words import compare, error_code, setting
from world import IO_URING, Block, Entry, World


def on_uring(mut world: World, w: List[String]) raises -> Int:
    """Operations whose word begins with `uring_`; `w[0]` is what follows it."""
    if w[0] == "probe":
        compare(w[1], get_field(uring_probe(), w[1]), w[2], world.number(w[3]))
        return 0
    if w[0] == "create" or w[0] == "clone":
        return create(world, w)
    if w[0] == "destroy":
        return destroy(world, w)
    if w[0] == "remove":
        return remove(world, w)
    if w[0] == "stats" or w[0] == "save":
        return ask_stats(world, w)
    return UNKNOWN


def on_registration(mut world: World, w: List[String]) raises -> Int:
    """Operations on what is registered."""
    if w[0] == "io_uring":
        return make_io_uring(world, w)
    if w[0] == "add_ring" or w[0] == "add_pool" or w[0] == "add_memory":
        return add(world, w)
    if w[0] == "sync" or w[0] == "drained" or w[0] == "lookup":
        return count(world, w)
    return UNKNOWN


def make_io_uring(mut world: World, w: List[String]) raises -> Int:
    comptime SETUP = 425  # on every architecture
    var params = Array[UInt64, 15](fill=0)  # struct io_uring_params; all zero asks for nothing special
    var fd = external_call["syscall", Int](Int(SETUP), Int(8), Pointer(to=params))
    if fd < 0:
        return Int(get_errno().value)
    world.handles[w[1]] = Entry(None, IO_URING, UInt64(fd), True)
    return 0


def descriptor(world: World, name: String, file: Int) raises -> Int:
    if name == "none":
        return -1
    if name == "file":
        return file
    var entry = world.entry(name)
    if entry.kind != IO_URING:
        raise Error(name, " is no io_uring")
    return Int(entry.id)


def newest(kind: UInt64) raises AkitError -> UInt64:
    """The id of a handle that was just made: the last of its kind."""
    var id = UInt64(0)
    for entry in handles():
        if UInt64(entry.kind) == kind:
            id = entry.id
    return id


def create(mut world: World, w: List[String]) raises -> Int:
    var nameless = String()
    var file = external_call["memfd_create", c_int](nameless.as_c_string_span().ptr(), UInt32(0))
    var config = UringConfig(ring_fd=-1)
    var label = String()
    var from_ = String()
    for i in range(2, len(w)):
        if w[0] == "clone" and i == 2:
            from_ = w[i]
            continue
        var field, value = setting(w[i])
        if field == "name":
            label = value
        elif field == "ring":
            config.ring_fd = Int32(descriptor(world, value, Int(file)))
        else:
            set_field(config, field, world.number(value))
    var code = attach(world, w[1], from_, config, label)
    _ = external_call["close", c_int](file)
    return code


def attach(mut world: World, name: String, from_: String, config: UringConfig, label: String) raises -> Int:
    if from_:
        var other = world.uring(from_)
        try:
            return keep(world, name, other.clone(config, name=label))
        except e:
            return e.code
    try:
        return keep(world, name, Uring(config, name=label))
    except e:
        return e.code


def keep(mut world: World, name: String, var uring: Uring) raises AkitError -> Int:
    world.handles[name] = Entry(uring^.unsafe_release(), Kind.URING, newest(Kind.URING), True)
    return 0


def destroy(mut world: World, w: List[String]) raises -> Int:
    var handle = world.handle(w[1], Kind.URING)
    world.handles[w[1]].alive = False
    var uring = Uring(unsafe_handle=handle, owned=True)
    try:
        if len(w) > 2 and w[2] == "now":
            uring^.unsafe_destroy_now()
        else:
            uring^.destroy()
    except e:
        return e.code
    return 0


def add(mut world: World, w: List[String]) raises -> Int:
    var uring = world.uring(w[1])
    if w[0] == "add_ring":
        var ring = world.ring(w[2])
        try:
            uring.add_ring(ring)
        except e:
            return e.code
        return 0
    if w[0] == "add_pool":
        var pool = world.pool(w[2])
        try:
            uring.add_pool(pool)
        except e:
            return e.code
        return 0
    var p = world.block(w[2]).p
    var length = world.size(w[3])
    try:
        uring.unsafe_add_memory(p, length)
    except e:
        return e.code
    return 0


def remove(mut world: World, w: List[String]) raises -> Int:
    var uring = world.uring(w[1])
    var what = world.handles[w[2]].handle if w[2] in world.handles else world.block(w[2]).p
    try:
        uring.remove(what)
    except e:
        return e.code
    return 0


def count(mut world: World, w: List[String]) raises -> Int:
    """Answers that are numbers; the line compares them, unless it says nothing of them."""
    var uring = world.uring(w[1])
    var p = world.block(w[2]).p if w[0] == "lookup" else VoidPtr(None)
    var n = world.number(w[3] if w[0] == "lookup" else w[2]) if w[0] != "sync" else UInt64(0)
    var answer: Int
    try:
        if w[0] == "sync":
            answer = uring.sync()
        elif w[0] == "drained":
            answer = uring.drained(n)
        else:
            var slot = uring.lookup(p, Int(n))
            if not slot:
                return AkitError.ENOENT
            answer = slot.value()
    except e:
        return e.code
    var words = 2 if w[0] == "sync" else 3 if w[0] == "drained" else 4
    if len(w) > words:
        compare(w[0], UInt64(answer), w[words], world.number(w[words + 1]))
    return 0


def ask_stats(mut world: World, w: List[String]) raises -> Int:
    var save = w[0] == "save"
    var uring = world.uring(w[2] if save else w[1])
    var stats: UringStats
    try:
        stats = uring.stats()
    except e:
        return e.code
    if save:
        world.saved[w[1]] = get_field(stats, w[3])
    else:
        compare(w[2], get_field(stats, w[2]), w[3], world.number(w[4]))
    return 0


# ---- groups


def on_group(mut world: World, w: List[String]) raises -> Int:
    """Operations whose word begins with `group_`, and `refill`; `w[0]` is what follows it."""
    if w[0] == "create":
        return create_group(world, w)
    if w[0] == "destroy":
        return destroy_group(world, w)
    var group = world.group(w[1])
    if w[0] == "refill":
        var n: Int
        try:
            n = group.refill()
        except e:
            return e.code
        compare("published", UInt64(n), w[2], world.number(w[3]))
    elif w[0] == "put":
        var p = world.block(w[2]).p
        try:
            group.put(p)
        except e:
            return e.code
    elif w[0] == "take":
        return take(world, group, w)
    elif w[0] == "stats":
        var stats: GroupStats
        try:
            stats = group.stats()
        except e:
            return e.code
        compare(w[2], get_field(stats, w[2]), w[3], world.number(w[4]))
    else:
        return UNKNOWN
    return 0


def take(mut world: World, group: Group, w: List[String]) raises -> Int:
    var failed = w[3].startswith("-")
    var res = -error_code(String(w[3][byte=1:])) if failed else world.size(w[3])
    var flags = UInt32(world.number(w[4]))
    var got = 0
    try:
        var buffer = group.take(Int32(res), flags)
        if buffer:
            got = 1
            var length = len(buffer.value())
            var p = buffer.take().unsafe_release()
            world.blocks[w[2]] = Block(p, length)
    except e:
        return e.code
    if len(w) > 5:
        compare("taken", UInt64(got), w[5], world.number(w[6]))
    return 0


def create_group(mut world: World, w: List[String]) raises -> Int:
    var uring = world.uring(w[2])
    var config = GroupConfig()
    var pool = String()
    for i in range(3, len(w)):
        var field, value = setting(w[i])
        if field == "pool":
            pool = value
        else:
            set_field(config, field, world.number(value))
    if not pool:
        return AkitError.EINVAL  # no such group can be asked for
    var source = world.pool(pool)
    try:
        var group = uring.group(source, config)
        world.handles[w[1]] = Entry(group^.unsafe_release(), Kind.GROUP, newest(Kind.GROUP), True)
    except e:
        return e.code
    return 0


def destroy_group(mut world: World, w: List[String]) raises -> Int:
    var handle = world.handle(w[1], Kind.GROUP)
    world.handles[w[1]].alive = False
    var group = Group(unsafe_handle=handle, owned=True)
    try:
        if len(w) > 2 and w[2] == "now":
            group^.unsafe_destroy_now()
        else:
            group^.destroy()
    except e:
        return e.code
    return 0
