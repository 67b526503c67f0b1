"""What a case has made so far: handles, blocks, batches, saved figures."""

from allockit import Handle, Misuse, RawPtr, Tiered, VoidPtr, default_heap, misuse_mode

from words import number

comptime BytePtr = Pointer[UInt8, MutUntrackedOrigin]
comptime FOREIGN_BYTES = 8192


@fieldwise_init
struct Block(ImplicitlyCopyable):
    var p: VoidPtr
    var size: Int

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
                raise Error("byte ", i, " is ", p.unsafe_load(i), ", not ", pattern(seed, i))

    def zeros(self, length: Int) raises:
        var p = self.bytes()
        for i in range(length):
            if p.unsafe_load(i) != 0:
                raise Error("byte ", i, " is ", p.unsafe_load(i), ", not 0")


def pattern(seed: Int, i: Int) -> UInt8:
    return UInt8((seed + 7 * i + i // 256) & 255)


@fieldwise_init
struct Entry(ImplicitlyCopyable):
    """A handle as the case knows it. It is kept bare, because cases use handles after they were destroyed."""

    var handle: Handle
    var id: UInt64
    var alive: Bool


struct World(Movable):
    var handles: Dict[String, Entry]
    var blocks: Dict[String, Block]
    var batches: Dict[String, List[Block]]
    var saved: Dict[String, UInt64]
    var foreign: List[UInt8]

    def __init__(out self):
        self.handles = Dict[String, Entry]()
        self.blocks = Dict[String, Block]()
        self.batches = Dict[String, List[Block]]()
        self.saved = Dict[String, UInt64]()
        self.foreign = List[UInt8](length=FOREIGN_BYTES, fill=0)

    def reset(mut self) raises:
        """What happens between two cases."""
        for entry in self.handles.values():
            if entry.alive:
                Tiered(unsafe_handle=entry.handle, owned=True).destroy()
        self.handles.clear()
        self.blocks.clear()
        self.batches.clear()
        self.saved.clear()
        misuse_mode(Misuse.COUNT)

    def entry(self, name: String) raises -> Entry:
        if name not in self.handles:
            raise Error("no handle ", name)
        return self.handles[name]

    def heap(self, name: String) raises -> Tiered:
        if name == "default":
            return default_heap()
        return Tiered(unsafe_handle=self.entry(name).handle, owned=False)

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
