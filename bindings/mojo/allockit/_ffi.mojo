"""The boundary to the C library: how it is found, and how its functions are called.

Everything that depends on the C ABI beyond struct layouts is in this file. Two ways lead to the library:

- by default it is opened when it is first needed, from the path in the environment variable `ALLOCKIT_LIBRARY` or else
  as `liballockit.so.0`; programs need no link options;
- with `-D AKIT_LINKED` its functions are ordinary external symbols, and the program is linked with the flags that
  `pkg-config --libs allockit` prints. A call costs about half a nanosecond less.
"""

from std.ffi import OwnedDLHandle, RTLD, CStringSpan, c_char, c_int, c_size_t, external_call, get_errno, _Global
from std.os import abort, getenv
from std.sys import is_defined, size_of

comptime LINKED = is_defined["AKIT_LINKED"]()
"""Whether the program is linked with the library instead of opening it."""

comptime RawPtr = Pointer[NoneType, MutUntrackedOrigin]
"""A `void *` that is not NULL."""

comptime VoidPtr = Optional[RawPtr]
"""A `void *` that may be NULL; the same eight bytes as in C."""

comptime TextPtr = Optional[Pointer[c_char, MutUntrackedOrigin]]
"""A `const char *` that may be NULL."""

comptime Handle = VoidPtr
"""An `akit_tiered *`, or a handle of another kind."""

comptime LIBRARY_NAME = "liballockit.so.0"
"""The name under which the library is opened when `ALLOCKIT_LIBRARY` is not set."""

comptime _HandleSize = def(Handle, c_size_t) thin abi("C") -> VoidPtr
comptime _HandleSizeSize = def(Handle, c_size_t, c_size_t) thin abi("C") -> VoidPtr
comptime _HandlePtr = def(Handle, VoidPtr) thin abi("C") -> None
comptime _HandlePtrSize = def(Handle, VoidPtr, c_size_t) thin abi("C") -> None
comptime _HandlePtrResize = def(Handle, VoidPtr, c_size_t) thin abi("C") -> VoidPtr
comptime _Allocx = def(Handle, c_size_t, c_size_t, UInt32, VoidPtr) thin abi("C") -> VoidPtr
comptime _Reallocx = def(Handle, VoidPtr, c_size_t, c_size_t, UInt32, VoidPtr) thin abi("C") -> VoidPtr
comptime _AllocN = def(Handle, c_size_t, c_size_t, VoidPtr) thin abi("C") -> c_size_t
comptime _FreeN = def(Handle, c_size_t, VoidPtr) thin abi("C") -> c_size_t
comptime _HandlePtrCode = def(Handle, VoidPtr) thin abi("C") -> c_int
comptime _PoolGet = def(Handle, c_size_t, VoidPtr) thin abi("C") -> VoidPtr
comptime _PoolGetN = def(Handle, c_size_t, c_size_t, VoidPtr, VoidPtr) thin abi("C") -> c_size_t
comptime _AnySize = def(c_size_t) thin abi("C") -> VoidPtr
comptime _AnyPtr = def(VoidPtr) thin abi("C") -> None


struct Library(Movable):
    """The opened library with the addresses of the functions whose speed matters."""

    var dl: OwnedDLHandle
    var alloc: _HandleSize
    var calloc: _HandleSizeSize
    var realloc: _HandlePtrResize
    var aligned_alloc: _HandleSizeSize
    var allocx: _Allocx
    var reallocx: _Reallocx
    var free: _HandlePtr
    var free_sized: _HandlePtrSize
    var alloc_n: _AllocN
    var free_n: _FreeN
    var malloc: _AnySize
    var free_any: _AnyPtr
    var region_alloc: _Allocx
    var region_free: _HandlePtrCode
    var huge_alloc: _Allocx
    var huge_free: _HandlePtrCode
    var pool_get: _PoolGet
    var pool_put: _HandlePtrCode
    var pool_get_n: _PoolGetN
    var pool_put_n: _FreeN

    def __init__(out self) raises:
        var path = getenv("ALLOCKIT_LIBRARY")
        # NODELETE: the addresses below must stay valid whatever happens to this object.
        self.dl = OwnedDLHandle(path if path else LIBRARY_NAME, RTLD.NOW | RTLD.LOCAL | RTLD.NODELETE)
        self.alloc = _symbol[_HandleSize](self.dl, "akit_tiered_alloc")
        self.calloc = _symbol[_HandleSizeSize](self.dl, "akit_tiered_calloc")
        self.realloc = _symbol[_HandlePtrResize](self.dl, "akit_tiered_realloc")
        self.aligned_alloc = _symbol[_HandleSizeSize](self.dl, "akit_tiered_aligned_alloc")
        self.allocx = _symbol[_Allocx](self.dl, "akit_tiered_allocx")
        self.reallocx = _symbol[_Reallocx](self.dl, "akit_tiered_reallocx")
        self.free = _symbol[_HandlePtr](self.dl, "akit_tiered_free")
        self.free_sized = _symbol[_HandlePtrSize](self.dl, "akit_tiered_free_sized")
        self.alloc_n = _symbol[_AllocN](self.dl, "akit_tiered_alloc_n")
        self.free_n = _symbol[_FreeN](self.dl, "akit_tiered_free_n")
        self.malloc = _symbol[_AnySize](self.dl, "akit_malloc")
        self.free_any = _symbol[_AnyPtr](self.dl, "akit_free")
        self.region_alloc = _symbol[_Allocx](self.dl, "akit_region_alloc")
        self.region_free = _symbol[_HandlePtrCode](self.dl, "akit_region_free")
        self.huge_alloc = _symbol[_Allocx](self.dl, "akit_huge_alloc")
        self.huge_free = _symbol[_HandlePtrCode](self.dl, "akit_huge_free")
        self.pool_get = _symbol[_PoolGet](self.dl, "akit_pool_get")
        self.pool_put = _symbol[_HandlePtrCode](self.dl, "akit_pool_put")
        self.pool_get_n = _symbol[_PoolGetN](self.dl, "akit_pool_get_n")
        self.pool_put_n = _symbol[_FreeN](self.dl, "akit_pool_put_n")


def _symbol[F: TrivialRegisterPassable](ref dl: OwnedDLHandle, name: String) raises -> F:
    var address = dl.get_symbol[NoneType](name)
    if not address:
        raise Error(name, " is missing in the library")
    var p = address.value()
    return Pointer(to=p).unsafe_bitcast[F]()[]


def _open() -> Library:
    try:
        return Library()
    except e:
        abort(String("allockit: cannot open the library (", e, "); set ALLOCKIT_LIBRARY to its path"))


comptime _LIBRARY = _Global["allockit_library", _open]


def library() -> Pointer[Library, MutUntrackedOrigin]:
    """The process's one `Library`, opened at the first call. It is never closed."""
    try:
        return _LIBRARY.get_or_create_ptr()
    except e:
        abort(String("allockit: ", e))


struct Calls(TrivialRegisterPassable):
    """What an object keeps to call the functions whose speed matters: nothing when linked, else where they are."""

    var _library: Pointer[Library, MutUntrackedOrigin]

    def __init__(out self):
        comptime if LINKED:
            # Never read through; any address does.
            self._library = Pointer[Library, MutUntrackedOrigin](unsafe_from_address=16)
        else:
            self._library = library()

    @always_inline
    def alloc(self, h: Handle, size: c_size_t) -> VoidPtr:
        comptime if LINKED:
            return external_call["akit_tiered_alloc", VoidPtr](h, size)
        else:
            return self._library[].alloc(h, size)

    @always_inline
    def calloc(self, h: Handle, count: c_size_t, size: c_size_t) -> VoidPtr:
        comptime if LINKED:
            return external_call["akit_tiered_calloc", VoidPtr](h, count, size)
        else:
            return self._library[].calloc(h, count, size)

    @always_inline
    def realloc(self, h: Handle, p: VoidPtr, size: c_size_t) -> VoidPtr:
        comptime if LINKED:
            return external_call["akit_tiered_realloc", VoidPtr](h, p, size)
        else:
            return self._library[].realloc(h, p, size)

    @always_inline
    def aligned_alloc(self, h: Handle, alignment: c_size_t, size: c_size_t) -> VoidPtr:
        comptime if LINKED:
            return external_call["akit_tiered_aligned_alloc", VoidPtr](h, alignment, size)
        else:
            return self._library[].aligned_alloc(h, alignment, size)

    @always_inline
    def allocx(self, h: Handle, size: c_size_t, alignment: c_size_t, flags: UInt32, usable: VoidPtr) -> VoidPtr:
        comptime if LINKED:
            return external_call["akit_tiered_allocx", VoidPtr](h, size, alignment, flags, usable)
        else:
            return self._library[].allocx(h, size, alignment, flags, usable)

    @always_inline
    def reallocx(
        self, h: Handle, p: VoidPtr, size: c_size_t, alignment: c_size_t, flags: UInt32, usable: VoidPtr
    ) -> VoidPtr:
        comptime if LINKED:
            return external_call["akit_tiered_reallocx", VoidPtr](h, p, size, alignment, flags, usable)
        else:
            return self._library[].reallocx(h, p, size, alignment, flags, usable)

    @always_inline
    def free(self, h: Handle, p: VoidPtr):
        comptime if LINKED:
            external_call["akit_tiered_free", NoneType](h, p)
        else:
            self._library[].free(h, p)

    @always_inline
    def free_sized(self, h: Handle, p: VoidPtr, size: c_size_t):
        comptime if LINKED:
            external_call["akit_tiered_free_sized", NoneType](h, p, size)
        else:
            self._library[].free_sized(h, p, size)

    @always_inline
    def alloc_n(self, h: Handle, size: c_size_t, n: c_size_t, into: VoidPtr) -> c_size_t:
        comptime if LINKED:
            return external_call["akit_tiered_alloc_n", c_size_t](h, size, n, into)
        else:
            return self._library[].alloc_n(h, size, n, into)

    @always_inline
    def free_n(self, h: Handle, n: c_size_t, blocks: VoidPtr) -> c_size_t:
        comptime if LINKED:
            return external_call["akit_tiered_free_n", c_size_t](h, n, blocks)
        else:
            return self._library[].free_n(h, n, blocks)

    @always_inline
    def malloc(self, size: c_size_t) -> VoidPtr:
        comptime if LINKED:
            return external_call["akit_malloc", VoidPtr](size)
        else:
            return self._library[].malloc(size)

    @always_inline
    def free_any(self, p: VoidPtr):
        comptime if LINKED:
            external_call["akit_free", NoneType](p)
        else:
            self._library[].free_any(p)

    @always_inline
    def region_alloc(self, h: Handle, size: c_size_t, alignment: c_size_t, flags: UInt32, usable: VoidPtr) -> VoidPtr:
        comptime if LINKED:
            return external_call["akit_region_alloc", VoidPtr](h, size, alignment, flags, usable)
        else:
            return self._library[].region_alloc(h, size, alignment, flags, usable)

    @always_inline
    def region_free(self, h: Handle, p: VoidPtr) -> c_int:
        comptime if LINKED:
            return external_call["akit_region_free", c_int](h, p)
        else:
            return self._library[].region_free(h, p)

    @always_inline
    def huge_alloc(self, h: Handle, size: c_size_t, alignment: c_size_t, flags: UInt32, backing: VoidPtr) -> VoidPtr:
        comptime if LINKED:
            return external_call["akit_huge_alloc", VoidPtr](h, size, alignment, flags, backing)
        else:
            return self._library[].huge_alloc(h, size, alignment, flags, backing)

    @always_inline
    def huge_free(self, h: Handle, p: VoidPtr) -> c_int:
        comptime if LINKED:
            return external_call["akit_huge_free", c_int](h, p)
        else:
            return self._library[].huge_free(h, p)

    @always_inline
    def pool_get(self, h: Handle, length: c_size_t, capacity: VoidPtr) -> VoidPtr:
        comptime if LINKED:
            return external_call["akit_pool_get", VoidPtr](h, length, capacity)
        else:
            return self._library[].pool_get(h, length, capacity)

    @always_inline
    def pool_put(self, h: Handle, p: VoidPtr) -> c_int:
        comptime if LINKED:
            return external_call["akit_pool_put", c_int](h, p)
        else:
            return self._library[].pool_put(h, p)

    @always_inline
    def pool_get_n(self, h: Handle, length: c_size_t, n: c_size_t, into: VoidPtr, capacity: VoidPtr) -> c_size_t:
        comptime if LINKED:
            return external_call["akit_pool_get_n", c_size_t](h, length, n, into, capacity)
        else:
            return self._library[].pool_get_n(h, length, n, into, capacity)

    @always_inline
    def pool_put_n(self, h: Handle, n: c_size_t, buffers: VoidPtr) -> c_size_t:
        comptime if LINKED:
            return external_call["akit_pool_put_n", c_size_t](h, n, buffers)
        else:
            return self._library[].pool_put_n(h, n, buffers)


def call[name: StaticString, Result: RegisterPassable, *Args: RegisterPassable](*args: *Args) -> Result:
    """Calls a function whose speed does not matter; when not linked it is looked up by name each time (60 ns)."""
    comptime if LINKED:
        return external_call[name, Result](*args)
    else:
        return library()[].dl.call[name, Result](*args)


@always_inline
def void_ptr[T: AnyType](mut value: T) -> VoidPtr:
    """The address of a variable for the time of one call; the caller keeps the variable alive after it."""
    return Pointer(to=value).unsafe_bitcast[NoneType]().unsafe_origin_cast[MutUntrackedOrigin]()


def text_at(p: TextPtr) -> String:
    """A copy of a C string; empty for NULL."""
    if not p:
        return String()
    return String(StringSpan(unsafe_from_utf8=CStringSpan(unsafe_from_ptr=p.value())))


def errno() -> Int:
    """The calling thread's `errno`."""
    return Int(get_errno().value)


def empty_struct[T: Copyable]() -> T:
    """A struct of the C headers as a caller must pass it: `struct_size` set, everything else zero."""
    var words = Array[UInt64, size_of[T]() // 8](fill=0)
    words[0] = UInt64(size_of[T]())
    return Pointer(to=words).unsafe_bitcast[T]()[].copy()
