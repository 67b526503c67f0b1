"""A buffer of a pool that its owner puts back."""

from ._ffi import RawPtr
from .base import AkitError, BlockInfo, inspect
from .raw_pool import RawPool


comptime PooledBuf = PooledBufOn[MutUntrackedOrigin]
"""A buffer of a pool on the kernel's memory."""


struct PooledBufOn[memory_origin: MutOrigin](Movable, Sized):
    """A buffer in use: as many bytes as were asked for, in a capacity that never changes; put back at the end of its
    life. See `PooledBuf` for the usual one.

    It may outlive its pool, which ends with its last buffer.

    Parameters:
        memory_origin: Origin of the caller's memory that the pool stands on; `MutUntrackedOrigin` for the kernel's
            memory.
    """

    var _raw: RawPool
    var _p: RawPtr
    var _length: Int
    var _capacity: Int

    def __init__(out self, raw: RawPool, *, unsafe_buffer: RawPtr, length: Int, capacity: Int):
        """Takes over a buffer.

        Args:
            raw: View of its pool.
            unsafe_buffer: A buffer of that pool, which nobody else puts back.
            length: Bytes of it that count, at most `capacity`.
            capacity: Its capacity in bytes.
        """
        self._raw = raw
        self._p = unsafe_buffer
        self._length = length
        self._capacity = capacity

    def __deinit__(deinit self):
        """Puts the buffer back."""
        try:
            self._raw.put(self._p)
        except:
            pass  # reported by the library as misuse

    def put(deinit self) raises AkitError:
        """Puts the buffer back, as the end of its life does, and says how it went.

        Raises:
            AkitError: ENOENT or EINVAL when somebody else put it back, which is reported as misuse.
        """
        self._raw.put(self._p)

    def unsafe_release(deinit self) -> RawPtr:
        """Gives up ownership of the buffer.

        Returns:
            The buffer, which is put back by `put` of the pool's view now.
        """
        return self._p

    @always_inline
    def __len__(self) -> Int:
        """The length asked for, or set since.

        Returns:
            Bytes, at most `capacity`.
        """
        return self._length

    @always_inline
    def capacity(self) -> Int:
        """Bytes the buffer has room for; the same for its life.

        Returns:
            Bytes.
        """
        return self._capacity

    def set_length(mut self, length: Int) raises AkitError:
        """Changes the length. What grew has undefined contents.

        Args:
            length: Bytes, at most `capacity`.

        Raises:
            AkitError: EMSGSIZE beyond the capacity, EINVAL for a negative number. The buffer is as it was then.
        """
        if length < 0:
            raise AkitError(AkitError.EINVAL)
        if length > self._capacity:
            raise AkitError(AkitError.EMSGSIZE)
        self._length = length

    def append(mut self, bytes: Span[UInt8, _]) raises AkitError:
        """Copies bytes behind the length, which grows by as many.

        Args:
            bytes: What to copy; from elsewhere than this buffer.

        Raises:
            AkitError: EMSGSIZE when it does not fit. The buffer is as it was then.
        """
        if len(bytes) > self._capacity - self._length:
            raise AkitError(AkitError.EMSGSIZE)
        for i in range(len(bytes)):
            self._p.unsafe_bitcast[UInt8]().unsafe_store(self._length + i, bytes[i])
        self._length += len(bytes)

    @always_inline
    def bytes(ref self) -> Span[UInt8, origin_of(self)]:
        """The bytes up to the length. Contents are undefined at first, unless the pool has a `zero_mode`.

        Returns:
            `len` bytes.
        """
        return Span[UInt8, origin_of(self)](unsafe_ptr=self.ptr[UInt8](), length=self._length)

    @always_inline
    def spare(ref self) -> Span[UInt8, origin_of(self)]:
        """The bytes behind the length, up to the capacity; they count after `set_length`.

        Returns:
            `capacity` minus `len` bytes.
        """
        var length = self._length
        var room = self._capacity - length
        return Span[UInt8, origin_of(self)](unsafe_ptr=self.ptr[UInt8]().unsafe_offset(length), length=room)

    @always_inline
    def ptr[T: AnyType](ref self) -> Pointer[T, origin_of(self)]:
        """Pointer to the first byte, seen as a value of a type.

        Parameters:
            T: Type of the values, of no more than the pool's alignment.

        Returns:
            The pointer; the buffer holds no values yet.
        """
        var p = self._p.unsafe_bitcast[T]()
        return p.unsafe_mut_cast[origin_of(self).mut]().unsafe_origin_cast[origin_of(self)]()

    @always_inline
    def untyped(self) -> RawPtr:
        """The address as a `void *`, for C. It keeps nothing alive.

        Returns:
            The first byte.
        """
        return self._p

    def tag_set(mut self, tag: UInt64) raises AkitError:
        """Notes a number with the buffer, which `leaks` of the pool tells; 0 at first.

        Args:
            tag: The number, for example a line of the source.

        Raises:
            AkitError: EINVAL for a pool without `PoolFlags.TAGS`; ENOMEM.
        """
        self._raw.tag_set(self._p, tag)

    def info(self) raises AkitError -> BlockInfo:
        """What the library knows about the buffer: the pool it belongs to, the pages behind it.

        Returns:
            The buffer as a block.

        Raises:
            AkitError: ENOENT when somebody else put it back and it is gone.
        """
        return inspect(self._p)
