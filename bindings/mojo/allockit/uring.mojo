"""Memory of the kit, or of the program, registered with an io_uring that is named by its descriptor.

Sizes are in bytes. Every method may be called from any thread, unless it ends the handle; but `sync`, `clone`, the end of
the handle and groups enter the kernel, and an io_uring with IORING_SETUP_SINGLE_ISSUER takes that from its own thread only.
"""

from std.ffi import c_int, c_size_t

from ._answers import TextBuffer, read_struct
from ._ffi import Handle, VoidPtr, call, void_ptr
from ._ffi_ring import RingCalls
from .base import AkitError, check
from .config import label_ptr
from .pool import PoolOn
from .ring import RingOn
from .uring_group import Group
from .uring_structs import GroupConfig, UringConfig, UringProbe, UringStats


struct Uring(Movable):
    """A registration: areas of memory, each in a slot of the io_uring's table of fixed buffers.

    What is added waits for `sync`. What the kernel refuses stays out, `stats` says why, and plain operations go on.
    Registered memory is never purged, moved or unmapped; a ring or pool that ends meanwhile keeps it until it is
    drained.
    """

    var _handle: Handle
    var _calls: RingCalls
    var _owned: Bool

    def __init__(out self, config: UringConfig, *, name: String = "") raises AkitError:
        """Attaches to an io_uring. That the kernel refuses the table is a state and no error.

        Args:
            config: Which, and how.
            name: Label in the statistics: up to 63 of `A-Z a-z 0-9 . _ -`.

        Raises:
            AkitError: EBADF for a descriptor that is not open, EOPNOTSUPP for one that is no io_uring, EBUSY when a
                table is to be made and there is one, EINVAL for a value that makes no sense, EMFILE, ENOMEM.
        """
        self = Self(unsafe_handle=_create(None, config.copy(), name), owned=True)

    def __init__(out self, *, unsafe_handle: Handle, owned: Bool):
        """Wraps an `akit_uring *` that came from elsewhere.

        Args:
            unsafe_handle: The handle.
            owned: Whether this object destroys it.
        """
        self._handle = unsafe_handle
        self._calls = RingCalls()
        self._owned = owned

    def clone(self, config: UringConfig, *, name: String = "") raises AkitError -> Uring:
        """Attaches to another io_uring with all that this one has.

        Args:
            config: Which, and how.
            name: Label in the statistics.

        Returns:
            The new registration.

        Raises:
            AkitError: As at creation; EPERM in a child of a fork.
        """
        return Uring(unsafe_handle=_create(self._handle, config.copy(), name), owned=True)

    def __deinit__(deinit self):
        """Ends the registration: slots are emptied. Without `tag_base` no request may use the memory any more."""
        if self._owned:
            _ = call["akit_uring_destroy", c_int](self._handle, UInt32(0))

    def destroy(deinit self) raises AkitError:
        """Ends the registration, as the end of its life does, and says how it went.

        Raises:
            AkitError: EEXIST on another thread than the io_uring's own: the memory stays pinned; EPERM in a child of a
                fork; EINVAL for a wrapped handle that is stale.
        """
        _ = check(call["akit_uring_destroy", c_int](self._handle, UInt32(0)))

    def unsafe_destroy_now(deinit self) raises AkitError:
        """Ends the registration where no request uses the memory any more, as when the io_uring is closed.

        Raises:
            AkitError: As `destroy`.
        """
        comptime NOW = UInt32(2)
        _ = check(call["akit_uring_destroy", c_int](self._handle, NOW))

    def unsafe_release(deinit self) -> Handle:
        """Gives up ownership of the `akit_uring *`.

        Returns:
            The handle, which nobody destroys now.
        """
        return self._handle

    def handle(self) -> Handle:
        """The `akit_uring *`, for C.

        Returns:
            The handle, still owned by this object.
        """
        return self._handle

    # ---- what is registered

    def add_ring(self, ring: RingOn[_]) raises AkitError:
        """Adds the area of a ring.

        Args:
            ring: The ring.

        Raises:
            AkitError: EBUSY when it was added already; ENOMEM; EINVAL for a stale handle; EPERM in a child of a fork.
        """
        _ = check(call["akit_uring_add_ring", c_int](self._handle, ring.raw().handle))

    def add_pool(self, pool: PoolOn[_]) raises AkitError:
        """Adds the slabs of a pool: those it has, and at each `sync` those it has made since.

        Args:
            pool: The pool.

        Raises:
            AkitError: As `add_ring`.
        """
        _ = check(call["akit_uring_add_pool", c_int](self._handle, pool.raw().handle))

    def unsafe_add_memory(self, base: VoidPtr, length: Int) raises AkitError:
        """Adds any memory that may be written to. It must stay where it is until it is removed and drained; a region is
        pinned for so long.

        Args:
            base: Its first byte.
            length: Bytes.

        Raises:
            AkitError: EINVAL for none or a length of 0; EBUSY when an area begins there already; else as `add_ring`.
        """
        _ = check(call["akit_uring_add_memory", c_int](self._handle, base, c_size_t(length)))

    def remove(self, base: VoidPtr) raises AkitError:
        """Removes what was added: `lookup` does not find it any more, and the next `sync` empties its slots.

        Args:
            base: The start of the memory, or the handle of a ring or a pool (`raw().handle`).

        Raises:
            AkitError: ENOENT for what was not added; EINVAL for a stale handle; EPERM in a child of a fork.
        """
        _ = check(call["akit_uring_remove", c_int](self._handle, base))

    def sync(self) raises AkitError -> Int:
        """Does what is pending: empties the slots of what was removed, then registers what was added or grew.

        Returns:
            How many areas were registered.

        Raises:
            AkitError: The kernel's answer, when something was to be registered and all of it was refused: ENOMEM for
                the limit of locked memory, EEXIST on another thread than the io_uring's own; ENOBUFS when no slot is
                free; EINVAL for a stale handle; EPERM in a child of a fork.
        """
        return check(call["akit_uring_sync", c_int](self._handle))

    def drained(self, tag: UInt64) raises AkitError -> Int:
        """Tells that the completion with this number has come: the memory it stood for is the program's alone again.

        Args:
            tag: The completion's user_data; `URING_ALL` vouches for everything that was removed.

        Returns:
            How many areas were unpinned.

        Raises:
            AkitError: ENOENT for a tag that nothing waits for; EINVAL for a stale handle; EPERM in a child of a fork.
        """
        return check(call["akit_uring_drained", c_int](self._handle, tag))

    @always_inline
    def lookup(self, p: VoidPtr, length: Int) raises AkitError -> Optional[Int]:
        """Looks for the slot in which a range is registered, all of it. The memory is not touched.

        Args:
            p: Its first byte.
            length: Bytes.

        Returns:
            The slot; none when it is not registered, or not in one slot: use the plain operation.

        Raises:
            AkitError: EINVAL for a stale handle; EPERM in a child of a fork.
        """
        var slot = self._calls.lookup(self._handle, p, c_size_t(length))
        if slot == -c_int(AkitError.ENOENT):
            return None
        return check(slot)

    @always_inline
    def lookup(self, bytes: Span[UInt8, _]) raises AkitError -> Optional[Int]:
        """Looks for the slot in which bytes are registered, all of them.

        Args:
            bytes: The bytes, for example of a slice.

        Returns:
            The slot; none when they are not registered, or not in one slot.

        Raises:
            AkitError: EINVAL for a stale handle; EPERM in a child of a fork.
        """
        var p = bytes.unsafe_ptr().unsafe_bitcast[NoneType]().unsafe_mut_cast[True]()
        return self.lookup(p.unsafe_origin_cast[MutUntrackedOrigin](), len(bytes))

    def stats(self) raises AkitError -> UringStats:
        """Reads the statistics.

        Returns:
            The figures.

        Raises:
            AkitError: EINVAL for a stale handle; EPERM in a child of a fork.
        """
        return read_struct["akit_uring_stats_get", UringStats](self._handle)

    def group(self, pool: PoolOn[_], config: GroupConfig = GroupConfig()) raises AkitError -> Group:
        """Makes a group of provided buffers in this io_uring; it is empty until `refill`.

        Args:
            pool: Where its buffers come from; what the group needs of it stays.
            config: How it is set up; all defaults when left out.

        Returns:
            The group, which may end before or after this registration.

        Raises:
            AkitError: EINVAL for a value that makes no sense; EMSGSIZE for more than the pool's largest class; EEXIST
                when there is such a group, or on another thread than the io_uring's own; ENOSYS on a kernel without
                such groups; ENOMEM, EBADF, EPERM.
        """
        var filled = config.copy()
        var made = Handle(None)
        filled.pool = pool.raw().handle
        _ = check(call["akit_uring_group_create", c_int](self._handle, void_ptr(filled), void_ptr(made)))
        _ = filled^
        return Group(unsafe_handle=made, owned=True)


def _create(from_: Handle, var config: UringConfig, name: String) raises AkitError -> Handle:
    """Attaches anew, or with all that another registration has."""
    var handle = Handle(None)
    var label = name
    if label.byte_length() > 0:
        config.name = label_ptr(label)
    if from_:
        _ = check(call["akit_uring_clone", c_int](from_, void_ptr(config), void_ptr(handle)))
    else:
        _ = check(call["akit_uring_create", c_int](void_ptr(config), void_ptr(handle)))
    _ = config^
    _ = label^
    return handle


def uring_probe() raises AkitError -> UringProbe:
    """Finds out whether io_uring can be used, and how much memory may be registered. That it is forbidden is an answer.

    Returns:
        What the system allows.

    Raises:
        AkitError: Never, in this version.
    """
    var probe = UringProbe()
    _ = check(call["akit_uring_probe", c_int](void_ptr(probe)))
    return probe^


def uring_probe_text(bytes: UInt64 = 0) raises AkitError -> String:
    """The same as text for people, and whether the limit is enough and how to raise it.

    Args:
        bytes: How much is to be registered; 0 for no number in mind.

    Returns:
        One line per fact.

    Raises:
        AkitError: Never, in this version.
    """
    var buffer = TextBuffer()
    while buffer.unfinished(call["akit_uring_probe_text", c_int](bytes, buffer.ptr(), buffer.size(), buffer.need())):
        pass
    return buffer.text()
