"""Pools in terms of bytes and bare pointers, without ownership: for containers, hosts and C.

Sizes are in bytes; every method may be called from any thread.
"""

from std.ffi import c_int, c_size_t

from ._ffi import Calls, Handle, RawPtr, VoidPtr, call, void_ptr
from .base import AkitError, BlockInfo, check, last_error


struct RawPool(ImplicitlyCopyable, RegisterPassable):
    """A view of a pool that neither owns it nor keeps it alive; sixteen bytes, copied freely.

    Buffers may be put back after the pool was destroyed, until the last one is back; `capacity` and `leaks` remain
    legal as long.
    """

    var handle: Handle
    """The `akit_pool *`."""
    var _calls: Calls

    def __init__(out self, handle: Handle):
        """Looks at a pool.

        Args:
            handle: The `akit_pool *`.
        """
        self.handle = handle
        self._calls = Calls()

    @always_inline
    def get(self, length: Int) raises AkitError -> Tuple[RawPtr, Int]:
        """Gets a buffer.

        Args:
            length: Bytes; 0 gets the smallest class.

        Returns:
            The buffer and its capacity, which stays the same for its life; contents are undefined without a
            `zero_mode`.

        Raises:
            AkitError: ENOMEM for the cap, the kernel, or a length that can never be had; EMSGSIZE for more than the
                cap or memory of the caller can ever give, and with `Exhaust.FAIL` above the largest class; ENOBUFS
                when memory of the caller or, with that mode, what was warmed up is all out now; ESHUTDOWN after the
                pool was destroyed; EINVAL for a stale handle.
        """
        var capacity = c_size_t(0)
        var p = self._calls.pool_get(self.handle, c_size_t(length), void_ptr(capacity))
        if not p:
            raise last_error()
        return (p.unsafe_value(), Int(capacity))

    @always_inline
    def put(self, p: VoidPtr) raises AkitError:
        """Puts a buffer back; none does nothing.

        Args:
            p: The buffer.

        Raises:
            AkitError: ENOENT for what is not the start of a buffer of this pool, EINVAL for one that is not out and
                for a stale handle; reported as misuse, and nothing changes.
        """
        _ = check(self._calls.pool_put(self.handle, p))

    def get_n(self, length: Int, n: Int) -> List[VoidPtr]:
        """Gets many buffers of one length in one call.

        Args:
            length: Bytes of each.
            n: How many are wanted.

        Returns:
            The buffers; fewer than wanted when the pool refused one.
        """
        var buffers = List[VoidPtr](length=n, fill=None)
        buffers.shrink(self.get_n_into(length, n, buffers.unsafe_ptr())[0])
        return buffers^

    @always_inline
    def get_n_into(self, length: Int, n: Int, into: Pointer[mut=True, VoidPtr, _]) -> Tuple[Int, Int]:
        """Gets many buffers of one length into an array.

        Args:
            length: Bytes of each.
            n: How many are wanted.
            into: Room for `n` pointers.

        Returns:
            How many there are, fewer than wanted when the pool refused one, and the capacity of each.
        """
        var capacity = c_size_t(0)
        var first = into.unsafe_bitcast[NoneType]().unsafe_origin_cast[MutUntrackedOrigin]()
        var done = self._calls.pool_get_n(self.handle, c_size_t(length), c_size_t(n), first, void_ptr(capacity))
        return (Int(done), Int(capacity))

    @always_inline
    def put_n(self, buffers: Span[VoidPtr, _]) -> Int:
        """Puts many buffers back in one call.

        Args:
            buffers: The buffers, of any classes; none among them is skipped.

        Returns:
            How many were put; wrong pointers are skipped and reported as misuse.
        """
        var first = buffers.unsafe_ptr().unsafe_bitcast[NoneType]().unsafe_mut_cast[True]()
        var from_ = first.unsafe_origin_cast[MutUntrackedOrigin]()
        return Int(self._calls.pool_put_n(self.handle, c_size_t(len(buffers)), from_))

    def capacity(self, p: VoidPtr) -> Int:
        """Looks up the capacity of a buffer. The memory is not touched.

        Args:
            p: Any address.

        Returns:
            Bytes; 0 for what is not the start of a buffer of this pool that is out.
        """
        return Int(call["akit_pool_capacity", c_size_t](self.handle, p))

    def tag_set(self, p: VoidPtr, tag: UInt64) raises AkitError:
        """Notes a number with a buffer that is out; one thread at a time for one buffer.

        Args:
            p: The buffer.
            tag: The number, for example a line of the source.

        Raises:
            AkitError: ENOENT or EINVAL as `put`; EINVAL for a pool without `PoolFlags.TAGS`; ENOMEM.
        """
        _ = check(call["akit_pool_tag_set", c_int](self.handle, p, tag))

    def leaks(self) raises AkitError -> List[BlockInfo]:
        """Lists the buffers that are out, in the order of their addresses.

        Returns:
            Where they are (`base`), their capacity (`usable_bytes`) and the number noted with each (`tag`). Buffers
            got and put meanwhile may or may not be there.

        Raises:
            AkitError: EINVAL for a stale handle.
        """
        var found = List[BlockInfo]()
        var cursor = UInt64(0)
        while True:
            var info = BlockInfo()
            var rc = call["akit_pool_leak_next", c_int](self.handle, void_ptr(cursor), void_ptr(info))
            if rc == -c_int(AkitError.ENOENT):
                return found^
            _ = check(rc)
            found.append(info^)
