"""What a case has made so far: handles, blocks, batches, saved figures."""

from std.ffi import c_int, external_call

from allockit import (
    NONE,
    Group,
    Handle,
    Huge,
    Kind,
    Misuse,
    Pool,
    Region,
    Ring,
    Tiered,
    Uring,
    VoidPtr,
    default_heap,
    misuse_mode,
)

from words import WRONG_ANSWER, number

comptime BytePtr = Pointer[UInt8, MutUntrackedOrigin]
comptime FOREIGN_BYTES = 8192
comptime IO_URING = UInt64(1000)
"""Kind of an io_uring of the runner: `id` is its descriptor."""


struct Block(ImplicitlyCopyable):
    var p: VoidPtr
    var size: Int
    """Bytes asked for."""
    var room: UInt64
    """Usable bytes that came with it, from regions and pools only."""
    var backing: UInt64
    """What it stands on, from huge pages only."""

    def __init__(out self, p: VoidPtr, size: Int, *, room: UInt64 = NONE, backing: UInt64 = NONE):
        self.p = p
        self.size = size
        self.room = room
        self.backing = backing

    def bytes(self) raises -> BytePtr:
        if not self.p:
            raise Error("the block is null")
        return self.p.value().unsafe_bitcast[UInt8]()

    def fill(self, seed: Int) raises:
        var p = self.bytes()
        for i in range(self.size):
            p.unsafe_store(i, pattern(seed, i))

    def verify(self, seed: Int, length: Int) raises:
        var p = self.bytes()
        for i in range(length):
            if p.unsafe_load(i) != pattern(seed, i):
                raise Error(WRONG_ANSWER, "byte ", i, " is ", p.unsafe_load(i), ", not ", pattern(seed, i))

    def zeros(self, length: Int) raises:
        var p = self.bytes()
        for i in range(length):
            if p.unsafe_load(i) != 0:
                raise Error(WRONG_ANSWER, "byte ", i, " is ", p.unsafe_load(i), ", not 0")


def pattern(seed: Int, i: Int) -> UInt8:
    return UInt8((seed + 7 * i + i // 256) & 255)


@fieldwise_init
struct Entry(ImplicitlyCopyable):
    """A handle as the case knows it. It is kept bare, because cases use handles after they were destroyed."""

    var handle: Handle
    var kind: UInt64
    var id: UInt64
    var alive: Bool

    def end(mut self):
        """Destroys the handle with everything in it."""
        if not self.alive:
            return
        self.alive = False
        if self.kind == Kind.REGION:
            _ = Region(unsafe_handle=self.handle, owned=True)
        elif self.kind == Kind.HUGE:
            _ = Huge(unsafe_handle=self.handle, owned=True)
        elif self.kind == Kind.POOL:
            try:
                Pool(unsafe_handle=self.handle, owned=True).unsafe_destroy_now()
            except:
                pass  # a live handle is not refused
        elif self.kind == Kind.RING:
            try:
                Ring(unsafe_handle=self.handle, owned=True).unsafe_destroy_now()
            except:
                pass
        elif self.kind == IO_URING:
            _ = external_call["close", c_int](c_int(self.id))
        else:
            _ = Tiered(unsafe_handle=self.handle, owned=True)

    def end_registration(mut self):
        """Ends a group or a registration, which come before what they are made of."""
        if not self.alive or (self.kind != Kind.GROUP and self.kind != Kind.URING):
            return
        self.alive = False
        try:
            if self.kind == Kind.GROUP:
                Group(unsafe_handle=self.handle, owned=True).unsafe_destroy_now()
            else:
                Uring(unsafe_handle=self.handle, owned=True).unsafe_destroy_now()
        except:
            pass


struct World(Movable):
    var handles: Dict[String, Entry]
    var blocks: Dict[String, Block]
    var batches: Dict[String, List[Block]]
    var saved: Dict[String, UInt64]
    var foreign: List[UInt8]
    var memories: List[List[UInt8]]
    """Memory that regions, pools and rings stand on."""

    def __init__(out self):
        self.handles = Dict[String, Entry]()
        self.blocks = Dict[String, Block]()
        self.batches = Dict[String, List[Block]]()
        self.saved = Dict[String, UInt64]()
        self.foreign = List[UInt8](length=FOREIGN_BYTES, fill=0)
        self.memories = List[List[UInt8]]()

    def reset(mut self) raises:
        """What happens between two cases."""
        for ref entry in self.handles.values():
            if entry.kind == Kind.GROUP:
                entry.end_registration()
        for ref entry in self.handles.values():
            entry.end_registration()
        for ref entry in self.handles.values():
            entry.end()
        self.handles.clear()
        self.memories.clear()
        self.blocks.clear()
        self.batches.clear()
        self.saved.clear()
        misuse_mode(Misuse.COUNT)

    def entry(self, name: String) raises -> Entry:
        if name not in self.handles:
            raise Error("no handle ", name)
        return self.handles[name]

    def handle(self, name: String, kind: UInt64) raises -> Handle:
        var entry = self.entry(name)
        if entry.kind != kind:
            raise Error(name, " is of kind ", entry.kind, ", not ", kind)
        return entry.handle

    def heap(self, name: String) raises -> Tiered:
        if name == "default":
            return default_heap()
        return Tiered(unsafe_handle=self.handle(name, Kind.TIERED), owned=False)

    def region(self, name: String) raises -> Region:
        return Region(unsafe_handle=self.handle(name, Kind.REGION), owned=False)

    def huge(self, name: String) raises -> Huge:
        return Huge(unsafe_handle=self.handle(name, Kind.HUGE), owned=False)

    def pool(self, name: String) raises -> Pool:
        return Pool(unsafe_handle=self.handle(name, Kind.POOL), owned=False)

    def ring(self, name: String) raises -> Ring:
        return Ring(unsafe_handle=self.handle(name, Kind.RING), owned=False)

    def uring(self, name: String) raises -> Uring:
        return Uring(unsafe_handle=self.handle(name, Kind.URING), owned=False)

    def group(self, name: String) raises -> Group:
        return Group(unsafe_handle=self.handle(name, Kind.GROUP), owned=False)

    def memory(mut self, size: Int) -> Span[UInt8, MutUntrackedOrigin]:
        """Memory of the runner, aligned to any page there is, that lives until the case's handles have ended."""
        comptime PAGE = 64 << 10
        self.memories.append(List[UInt8](length=size + PAGE, fill=0))
        var p = self.memories[len(self.memories) - 1].unsafe_ptr()
        var aligned = p.unsafe_offset((PAGE - Int(p) % PAGE) % PAGE)
        return Span(unsafe_ptr=aligned.unsafe_origin_cast[MutUntrackedOrigin](), length=size)

    def id(self, name: String) raises -> UInt64:
        if name == "default":
            return default_heap().stats().id
        return self.entry(name).id

    def number(self, text: String) raises -> UInt64:
        return number(text, self.saved)

    def size(self, text: String) raises -> Int:
        return Int(self.number(text))

    def batch(self, name: String) raises -> List[Block]:
        if name not in self.batches:
            raise Error("no batch ", name)
        return self.batches[name].copy()

    def block_or_null(mut self, name: String) raises -> Block:
        """The block to resize: a name that is not known yet stands for the null pointer."""
        if name in self.blocks or name == "foreign" or name.find("+") >= 0 or name.find(".") >= 0:
            return self.block(name)
        return Block(None, 0)

    def block(mut self, name: String) raises -> Block:
        if name == "null":
            return Block(None, 0)
        if name == "foreign":
            var p = self.foreign.unsafe_ptr().unsafe_bitcast[NoneType]()
            return Block(p.unsafe_origin_cast[MutUntrackedOrigin](), FOREIGN_BYTES // 2)
        var plus = name.find("+")
        if plus >= 0:
            var base = self.block(String(name[byte=:plus]))
            var distance = self.size(String(name[byte = plus + 1 :]))
            return Block(base.bytes().unsafe_offset(distance).unsafe_bitcast[NoneType](), base.size - distance)
        var dot = name.find(".")
        if dot >= 0:
            var v = self.batch(String(name[byte=:dot]))
            var i = self.size(String(name[byte = dot + 1 :]))
            if i >= len(v):
                raise Error("no block ", name)
            return v[i]
        if name not in self.blocks:
            raise Error("no block ", name)
        return self.blocks[name]
