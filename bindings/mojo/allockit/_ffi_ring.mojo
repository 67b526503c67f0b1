"""How the functions of rings and registrations are called whose speed matters; see `_ffi`."""

from std.ffi import c_int, c_size_t, external_call, _Global
from std.os import abort

from ._ffi import LINKED, Handle, VoidPtr, _symbol, library

comptime _Acquire = def(Handle, c_size_t) thin abi("C") -> VoidPtr
comptime _AcquireN = def(Handle, c_size_t, c_size_t, VoidPtr) thin abi("C") -> c_size_t
comptime _ReleaseN = def(Handle, c_size_t, VoidPtr) thin abi("C") -> c_size_t
comptime _Pointer = def(Handle, VoidPtr) thin abi("C") -> c_int
comptime _PointerSize = def(Handle, VoidPtr, c_size_t) thin abi("C") -> c_int
comptime _Retain = def(Handle, VoidPtr, UInt32) thin abi("C") -> c_int
comptime _Take = def(Handle, Int32, UInt32, VoidPtr, VoidPtr) thin abi("C") -> c_int


struct RingLibrary(Movable):
    """Addresses of these functions in the opened library."""

    var acquire: _Acquire
    var acquire_n: _AcquireN
    var commit: _PointerSize
    var retain: _Retain
    var release: _Pointer
    var release_n: _ReleaseN
    var lookup: _PointerSize
    var group_take: _Take
    var group_put: _Pointer

    def __init__(out self) raises:
        ref dl = library()[].dl
        self.acquire = _symbol[_Acquire](dl, "akit_ring_acquire")
        self.acquire_n = _symbol[_AcquireN](dl, "akit_ring_acquire_n")
        self.commit = _symbol[_PointerSize](dl, "akit_ring_commit")
        self.retain = _symbol[_Retain](dl, "akit_ring_retain")
        self.release = _symbol[_Pointer](dl, "akit_ring_release")
        self.release_n = _symbol[_ReleaseN](dl, "akit_ring_release_n")
        self.lookup = _symbol[_PointerSize](dl, "akit_uring_lookup")
        self.group_take = _symbol[_Take](dl, "akit_uring_group_take")
        self.group_put = _symbol[_Pointer](dl, "akit_uring_group_put")


def _open() -> RingLibrary:
    try:
        return RingLibrary()
    except e:
        abort(String("allockit: ", e))


comptime _LIBRARY = _Global["allockit_ring_library", _open]


def _ring_library() -> Pointer[RingLibrary, MutUntrackedOrigin]:
    try:
        return _LIBRARY.get_or_create_ptr()
    except e:
        abort(String("allockit: ", e))


struct RingCalls(TrivialRegisterPassable):
    """What an object keeps to call these functions: nothing when linked, else where they are."""

    var _library: Pointer[RingLibrary, MutUntrackedOrigin]

    def __init__(out self):
        comptime if LINKED:
            # Never read through; any address does.
            self._library = Pointer[RingLibrary, MutUntrackedOrigin](unsafe_from_address=16)
        else:
            self._library = _ring_library()

    @always_inline
    def acquire(self, h: Handle, length: c_size_t) -> VoidPtr:
        comptime if LINKED:
            return external_call["akit_ring_acquire", VoidPtr](h, length)
        else:
            return self._library[].acquire(h, length)

    @always_inline
    def acquire_n(self, h: Handle, length: c_size_t, n: c_size_t, into: VoidPtr) -> c_size_t:
        comptime if LINKED:
            return external_call["akit_ring_acquire_n", c_size_t](h, length, n, into)
        else:
            return self._library[].acquire_n(h, length, n, into)

    @always_inline
    def commit(self, h: Handle, p: VoidPtr, used: c_size_t) -> c_int:
        comptime if LINKED:
            return external_call["akit_ring_commit", c_int](h, p, used)
        else:
            return self._library[].commit(h, p, used)

    @always_inline
    def retain(self, h: Handle, p: VoidPtr, count: UInt32) -> c_int:
        comptime if LINKED:
            return external_call["akit_ring_retain", c_int](h, p, count)
        else:
            return self._library[].retain(h, p, count)

    @always_inline
    def release(self, h: Handle, p: VoidPtr) -> c_int:
        comptime if LINKED:
            return external_call["akit_ring_release", c_int](h, p)
        else:
            return self._library[].release(h, p)

    @always_inline
    def release_n(self, h: Handle, n: c_size_t, slices: VoidPtr) -> c_size_t:
        comptime if LINKED:
            return external_call["akit_ring_release_n", c_size_t](h, n, slices)
        else:
            return self._library[].release_n(h, n, slices)

    @always_inline
    def lookup(self, h: Handle, p: VoidPtr, length: c_size_t) -> c_int:
        comptime if LINKED:
            return external_call["akit_uring_lookup", c_int](h, p, length)
        else:
            return self._library[].lookup(h, p, length)

    @always_inline
    def group_take(self, h: Handle, res: Int32, flags: UInt32, p: VoidPtr, length: VoidPtr) -> c_int:
        comptime if LINKED:
            return external_call["akit_uring_group_take", c_int](h, res, flags, p, length)
        else:
            return self._library[].group_take(h, res, flags, p, length)

    @always_inline
    def group_put(self, h: Handle, p: VoidPtr) -> c_int:
        comptime if LINKED:
            return external_call["akit_uring_group_put", c_int](h, p)
        else:
            return self._library[].group_put(h, p)
