"""The index as a table and lists in a heap of its own: nothing in it is freed, the heap is destroyed whole."""

from std.memory import unsafe_memcpy

from allockit import RawTiered, Tiered

from keys import BytePtr, hash_key, same_key
from words import Index

comptime IntPtr = Pointer[Int, MutUntrackedOrigin]
comptime EntryPtr = Pointer[Entry, MutUntrackedOrigin]
comptime SlotPtr = Pointer[UInt64, MutUntrackedOrigin]

comptime FIRST_SLOTS = 4096
comptime FIRST_LINES = 4

comptime _TAG = UInt64(0xFFFF) << 48
"""A slot is the address of an entry below and 16 bits of its hash above, so that foreign entries are seldom touched."""


struct Entry:
    """A key and its lines; the bytes of the key follow in the same block."""

    var hash: UInt64
    var key_bytes: UInt32
    var count: UInt32
    var lines: Int
    """The line, as long as there is one; then the address of an array."""

    @always_inline
    def line(self, i: Int) -> Int:
        if self.count == 1:
            return self.lines
        return IntPtr(unsafe_from_address=self.lines)[unsafe_offset=i]


struct Table(Index):
    var heap: RawTiered
    var slots: SlotPtr
    var capacity: Int
    var used: Int

    def __init__(out self, heap: Tiered) raises:
        self.heap = heap.raw()
        self.slots = self.heap.calloc(FIRST_SLOTS, 8).unsafe_bitcast[UInt64]()
        self.capacity = FIRST_SLOTS
        self.used = 0

    @always_inline
    def add(mut self, key: Span[UInt8, _], line: Int) raises:
        var p = key.unsafe_ptr().unsafe_mut_cast[True]().unsafe_origin_cast[MutUntrackedOrigin]()
        var n = len(key)
        var hash = hash_key(p, n)
        var mask = self.capacity - 1
        var i = Int(hash) & mask
        while True:
            var slot = self.slots.unsafe_load(i)
            if slot == 0:
                break
            if (slot ^ hash) & _TAG == 0:
                var entry = EntryPtr(unsafe_from_address=Int(slot & ~_TAG))
                if entry[].hash == hash and Int(entry[].key_bytes) == n:
                    if same_key(entry.unsafe_offset(1).unsafe_bitcast[UInt8](), p, n):
                        self._append(entry, line)
                        return
            i = (i + 1) & mask
        self._insert(i, hash, p, n, line)

    @always_inline
    def _append(self, entry: EntryPtr, line: Int) raises:
        var count = Int(entry[].count)
        # The array has room for FIRST_LINES, or for the next power of two above that.
        if count & (count - 1) == 0:
            self._make_room(entry, count)
        IntPtr(unsafe_from_address=entry[].lines).unsafe_store(count, line)
        entry[].count = UInt32(count + 1)

    @no_inline
    def _make_room(self, entry: EntryPtr, count: Int) raises:
        if count == 1:
            var lines = self.heap.alloc(FIRST_LINES * 8).unsafe_bitcast[Int]()
            lines[] = entry[].lines
            entry[].lines = Int(lines)
        elif count >= FIRST_LINES:
            var old = IntPtr(unsafe_from_address=entry[].lines).unsafe_bitcast[NoneType]()
            entry[].lines = Int(self.heap.realloc(old, 2 * count * 8))

    @no_inline
    def _insert(mut self, i: Int, hash: UInt64, key: BytePtr, n: Int, line: Int) raises:
        var entry = self.heap.alloc(24 + n).unsafe_bitcast[Entry]()
        entry[].hash = hash
        entry[].key_bytes = UInt32(n)
        entry[].count = 1
        entry[].lines = line
        unsafe_memcpy(dest=entry.unsafe_offset(1).unsafe_bitcast[UInt8](), src=key, count=n)
        self.slots.unsafe_store(i, UInt64(Int(entry)) | (hash & _TAG))
        self.used += 1
        if self.used * 4 > self.capacity * 3:
            self._grow()

    def _grow(mut self) raises:
        var old = self.slots
        var old_capacity = self.capacity
        self.capacity *= 2
        var mask = self.capacity - 1
        self.slots = self.heap.calloc(self.capacity, 8).unsafe_bitcast[UInt64]()
        for k in range(old_capacity):
            var slot = old.unsafe_load(k)
            if slot != 0:
                var i = Int(EntryPtr(unsafe_from_address=Int(slot & ~_TAG))[].hash) & mask
                while self.slots.unsafe_load(i) != 0:
                    i = (i + 1) & mask
                self.slots.unsafe_store(i, slot)
        self.heap.free_sized(old.unsafe_bitcast[NoneType](), old_capacity * 8)

    def entry(self, i: Int) -> Optional[EntryPtr]:
        """The entry in a slot, if there is one."""
        var slot = self.slots.unsafe_load(i)
        if slot == 0:
            return None
        return EntryPtr(unsafe_from_address=Int(slot & ~_TAG))
