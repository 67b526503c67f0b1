"""How the second library, liballockit_io, is found and called; see `_ffi`.

By default it is opened when it is first needed, from the path in the environment variable `ALLOCKIT_IO_LIBRARY` or else as
`liballockit_io.so.0`; with `-D AKIT_LINKED` the program is linked with the flags of `pkg-config --libs allockit_io`.
"""

from std.ffi import OwnedDLHandle, RTLD, c_int, c_size_t, external_call, _Global
from std.os import abort, getenv

from ._ffi import LINKED, Handle, VoidPtr, _symbol

comptime LIBRARY_NAME = "liballockit_io.so.0"
"""The name under which the library is opened when `ALLOCKIT_IO_LIBRARY` is not set."""

comptime _Transfer = def(Handle, c_int, VoidPtr, c_size_t, UInt64, UInt64) thin abi("C") -> c_int
comptime _Message = def(Handle, c_int, VoidPtr, c_size_t, UInt32, UInt64) thin abi("C") -> c_int
comptime _Submit = def(Handle, UInt32, UInt64) thin abi("C") -> c_int
comptime _Take = def(Handle, VoidPtr, c_size_t) thin abi("C") -> c_size_t


struct IoLibrary(Movable):
    """The opened library with the addresses of the functions whose speed matters."""

    var dl: OwnedDLHandle
    var read: _Transfer
    var write: _Transfer
    var send: _Message
    var recv: _Message
    var submit: _Submit
    var take: _Take

    def __init__(out self) raises:
        var path = getenv("ALLOCKIT_IO_LIBRARY")
        # NODELETE: the addresses below must stay valid whatever happens to this object.
        self.dl = OwnedDLHandle(path if path else LIBRARY_NAME, RTLD.NOW | RTLD.LOCAL | RTLD.NODELETE)
        self.read = _symbol[_Transfer](self.dl, "akit_io_read")
        self.write = _symbol[_Transfer](self.dl, "akit_io_write")
        self.send = _symbol[_Message](self.dl, "akit_io_send")
        self.recv = _symbol[_Message](self.dl, "akit_io_recv")
        self.submit = _symbol[_Submit](self.dl, "akit_io_submit")
        self.take = _symbol[_Take](self.dl, "akit_io_take")


def _open() -> IoLibrary:
    try:
        return IoLibrary()
    except e:
        abort(String("allockit: cannot open the library (", e, "); set ALLOCKIT_IO_LIBRARY to its path"))


comptime _LIBRARY = _Global["allockit_io_library", _open]


def _io_library() -> Pointer[IoLibrary, MutUntrackedOrigin]:
    try:
        return _LIBRARY.get_or_create_ptr()
    except e:
        abort(String("allockit: ", e))


def io_call[name: StaticString, Result: RegisterPassable, *Args: RegisterPassable](*args: *Args) -> Result:
    """Calls a function whose speed does not matter; when not linked it is looked up by name each time (60 ns)."""
    comptime if LINKED:
        return external_call[name, Result](*args)
    else:
        return _io_library()[].dl.call[name, Result](*args)


struct IoCalls(TrivialRegisterPassable):
    """What an object keeps to call these functions: nothing when linked, else where they are."""

    var _library: Pointer[IoLibrary, MutUntrackedOrigin]

    def __init__(out self):
        comptime if LINKED:
            # Never read through; any address does.
            self._library = Pointer[IoLibrary, MutUntrackedOrigin](unsafe_from_address=16)
        else:
            self._library = _io_library()

    @always_inline
    def read(self, h: Handle, fd: c_int, p: VoidPtr, n: c_size_t, offset: UInt64, user_data: UInt64) -> c_int:
        comptime if LINKED:
            return external_call["akit_io_read", c_int](h, fd, p, n, offset, user_data)
        else:
            return self._library[].read(h, fd, p, n, offset, user_data)

    @always_inline
    def write(self, h: Handle, fd: c_int, p: VoidPtr, n: c_size_t, offset: UInt64, user_data: UInt64) -> c_int:
        comptime if LINKED:
            return external_call["akit_io_write", c_int](h, fd, p, n, offset, user_data)
        else:
            return self._library[].write(h, fd, p, n, offset, user_data)

    @always_inline
    def send(self, h: Handle, fd: c_int, p: VoidPtr, n: c_size_t, flags: UInt32, user_data: UInt64) -> c_int:
        comptime if LINKED:
            return external_call["akit_io_send", c_int](h, fd, p, n, flags, user_data)
        else:
            return self._library[].send(h, fd, p, n, flags, user_data)

    @always_inline
    def recv(self, h: Handle, fd: c_int, p: VoidPtr, n: c_size_t, flags: UInt32, user_data: UInt64) -> c_int:
        comptime if LINKED:
            return external_call["akit_io_recv", c_int](h, fd, p, n, flags, user_data)
        else:
            return self._library[].recv(h, fd, p, n, flags, user_data)

    @always_inline
    def submit(self, h: Handle, wait_for: UInt32, timeout_ns: UInt64) -> c_int:
        comptime if LINKED:
            return external_call["akit_io_submit", c_int](h, wait_for, timeout_ns)
        else:
            return self._library[].submit(h, wait_for, timeout_ns)

    @always_inline
    def take(self, h: Handle, events: VoidPtr, n: c_size_t) -> c_size_t:
        comptime if LINKED:
            return external_call["akit_io_take", c_size_t](h, events, n)
        else:
            return self._library[].take(h, events, n)
