"""A typed pointer that keeps its heap alive."""

from ._ffi import RawPtr


struct HeapPtr[T: AnyType, origin: ImmOrigin](Equatable, TrivialRegisterPassable, Writable):
    """Pointer to one or more values of type `T` in a heap: eight bytes, copied freely, never NULL.

    It keeps the heap from being destroyed while it is in use, but it does not own the block: the block lives until it
    is given to `Tiered.free` or the heap is destroyed, and values in it are not destroyed by either. Freshly allocated
    memory holds no values yet; put them there with `unsafe_write`, plain numbers also by assignment.

    Parameters:
        T: Type of the values.
        origin: Origin of the heap.
    """

    comptime MutOrigin = Self.origin.unsafe_mut_cast[True]()
    """Origin of the values: the heap's, but they may be changed while the heap is only borrowed."""

    var _p: Pointer[Self.T, MutUntrackedOrigin]

    @always_inline
    def __init__(out self, *, unsafe_raw: RawPtr):
        """Makes a typed pointer from an address.

        Args:
            unsafe_raw: Address of a block of the heap with `origin`, large enough and aligned for `T`.
        """
        self._p = unsafe_raw.unsafe_bitcast[Self.T]()

    @always_inline
    def __getitem__(self) -> ref[Self.MutOrigin] Self.T:
        """The value pointed to.

        Returns:
            A reference to it.
        """
        return self._p.unsafe_origin_cast[Self.MutOrigin]()[]

    @always_inline
    def __getitem__(self, i: Int) -> ref[Self.MutOrigin] Self.T:
        """One of several values in a row. The index is not checked.

        Args:
            i: Index from 0.

        Returns:
            A reference to the value.
        """
        return self._p.unsafe_origin_cast[Self.MutOrigin]()[unsafe_offset=i]

    @always_inline
    def __eq__(self, other: Self) -> Bool:
        """Whether two pointers hold the same address.

        Args:
            other: The other pointer.

        Returns:
            True when they do.
        """
        return self._p == other._p

    @always_inline
    def raw(self) -> Pointer[Self.T, MutUntrackedOrigin]:
        """The bare pointer, for storing in structures and for C. It does not keep the heap alive.

        Returns:
            The same address.
        """
        return self._p

    @always_inline
    def untyped(self) -> RawPtr:
        """The address as a `void *` that does not keep the heap alive.

        Returns:
            The same address.
        """
        return self._p.unsafe_bitcast[NoneType]()

    def write_to(self, mut writer: Some[Writer]):
        """Writes the address.

        Args:
            writer: Where the text goes.
        """
        writer.write(self._p)

    @always_inline
    def unsafe_write(self, var value: Self.T) where conforms_to(Self.T, Movable):
        """Puts a value into memory that holds none.

        Args:
            value: The value.
        """
        self._p.unsafe_write(value^)

    @always_inline
    def unsafe_take_pointee(self) -> Self.T where conforms_to(Self.T, Movable):
        """Takes the value out; the memory holds none afterwards.

        Returns:
            The value.
        """
        return self._p.unsafe_take_pointee()

    @always_inline
    def unsafe_deinit_pointee(self) where conforms_to(Self.T, Deinitable):
        """Destroys the value; the memory holds none afterwards."""
        self._p.unsafe_deinit_pointee()
