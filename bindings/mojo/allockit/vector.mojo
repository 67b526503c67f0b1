"""A list whose elements live in a heap."""

from std.memory import Pointer
from std.sys import align_of, size_of

from ._ffi import VoidPtr
from .base import AkitError
from .constants import MIN_ALIGN
from .raw import RawTiered
from .tiered import Tiered

comptime _ALIGNMENT[T: AnyType] = align_of[T]() if align_of[T]() > MIN_ALIGN else 0


struct Vector[T: Movable & Deinitable, origin: ImmOrigin](Movable, Sized):
    """A growing array like `List`, with its elements in a heap, so that the heap's cap and statistics cover them.

    It keeps the heap from being destroyed. It may be moved to another thread, but not be changed by two at a time.

    Parameters:
        T: Type of the elements.
        origin: Origin of the heap.
    """

    var _raw: RawTiered
    var _data: Pointer[Self.T, MutUntrackedOrigin]
    var _len: Int
    var _capacity: Int

    def __init__(out self, ref[Self.origin] heap: Tiered):
        """Makes an empty vector, which takes no memory yet.

        Args:
            heap: Where the elements will be.
        """
        comptime assert size_of[Self.T]() > 0, "elements must have a size"
        self._raw = heap.raw()
        self._data = Pointer[Self.T, MutUntrackedOrigin].unsafe_dangling()
        self._len = 0
        self._capacity = 0

    def __init__(out self, ref[Self.origin] heap: Tiered, *, capacity: Int) raises AkitError:
        """Makes an empty vector with room.

        Args:
            heap: Where the elements will be.
            capacity: Elements that can be appended without more memory.

        Raises:
            AkitError: ENOMEM.
        """
        self = Self(heap)
        self.reserve(capacity)

    def __deinit__(deinit self):
        """Destroys the elements and gives the memory back."""
        self._destroy_from(0)
        if self._capacity > 0:
            self._raw.free(self._data.unsafe_bitcast[NoneType]())

    def unsafe_forget(deinit self):
        """Ends the vector without destroying elements or freeing memory: for heaps that are destroyed whole."""
        pass

    @always_inline
    def __len__(self) -> Int:
        """Number of elements.

        Returns:
            Their number.
        """
        return self._len

    @always_inline
    def capacity(self) -> Int:
        """Number of elements there is memory for.

        Returns:
            Their number.
        """
        return self._capacity

    @always_inline
    def __getitem__(ref self, i: Int) -> ref[self] Self.T:
        """One element. An index out of bounds ends the program, unless checks are off (`-D ASSERT=none`).

        Args:
            i: Index from 0.

        Returns:
            A reference to the element.
        """
        debug_assert[assert_mode="safe"](UInt(i) < UInt(self._len), "index ", i, " of ", self._len, " elements")
        return self.unsafe_get(i)

    @always_inline
    def unsafe_get(ref self, i: Int) -> ref[self] Self.T:
        """One element, the index never checked.

        Args:
            i: Index from 0, below the length.

        Returns:
            A reference to the element.
        """
        return self.unsafe_ptr()[unsafe_offset=i]

    @always_inline
    def unsafe_ptr(ref self) -> Pointer[Self.T, origin_of(self)]:
        """Pointer to the first element, valid until the vector grows.

        Returns:
            The pointer, dangling while the capacity is 0.
        """
        return self._data.unsafe_mut_cast[origin_of(self).mut]().unsafe_origin_cast[origin_of(self)]()

    def __iter__(ref self) -> VectorIter[Self.T, origin_of(self)]:
        """Goes over the elements by reference.

        Returns:
            The iterator; the vector must not grow meanwhile.
        """
        return {self.unsafe_ptr(), self._len}

    @always_inline
    def append(mut self, var value: Self.T) raises AkitError:
        """Adds an element at the end.

        Args:
            value: The element; destroyed when there is no memory for it.

        Raises:
            AkitError: ENOMEM, and then the vector is as it was.
        """
        if self._len == self._capacity:
            self._grow()
        self._data.unsafe_offset(self._len).unsafe_write(value^)
        self._len += 1

    def pop(mut self) -> Self.T:
        """Takes the last element; ends the program when there is none.

        Returns:
            The element.
        """
        debug_assert[assert_mode="safe"](self._len > 0, "pop from an empty vector")
        self._len -= 1
        return self._data.unsafe_offset(self._len).unsafe_take_pointee()

    def reserve(mut self, capacity: Int) raises AkitError:
        """Makes room, so that no memory is needed until the vector has that many elements.

        Args:
            capacity: Number of elements.

        Raises:
            AkitError: ENOMEM, and then the vector is as it was.
        """
        if capacity > self._capacity:
            self._resize(capacity)

    def shrink_to_fit(mut self) raises AkitError:
        """Gives back the room beyond the last element.

        Raises:
            AkitError: ENOMEM, when elements cannot be moved by their bytes, and then the vector is as it was.
        """
        if self._len == 0:
            if self._capacity > 0:
                self._raw.free(self._data.unsafe_bitcast[NoneType]())
            self._capacity = 0
        elif self._len < self._capacity:
            self._resize(self._len)

    def clear(mut self):
        """Destroys all elements and keeps the memory."""
        self._destroy_from(0)

    def shrink(mut self, length: Int):
        """Destroys the elements beyond a length and keeps the memory.

        Args:
            length: Elements that stay; a length above the present one changes nothing.
        """
        if length < self._len:
            self._destroy_from(max(length, 0))

    def _destroy_from(mut self, start: Int):
        comptime if not Self.T.__del__is_trivial:
            for i in range(start, self._len):
                self._data.unsafe_offset(i).unsafe_deinit_pointee()
        self._len = start

    @no_inline
    def _grow(mut self) raises AkitError:
        comptime first = max(4, 64 // size_of[Self.T]())
        if self._capacity > Int.MAX // 2:
            raise AkitError(AkitError.ENOMEM)
        self._resize(max(first, 2 * self._capacity))

    def _resize(mut self, capacity: Int) raises AkitError:
        comptime size = size_of[Self.T]()
        comptime alignment = _ALIGNMENT[Self.T]
        if UInt(capacity) > UInt(Int.MAX // size):
            raise AkitError(AkitError.ENOMEM)
        var old: VoidPtr = None
        if self._capacity > 0:
            old = self._data.unsafe_bitcast[NoneType]()
        # All of the block is used: the library may have given more than was asked for.
        comptime if Self.T.__move_ctor_is_trivial:
            var p, usable = self._raw.reallocx(old, capacity * size, alignment)
            self._data = p.unsafe_bitcast[Self.T]()
            self._capacity = usable // size
        else:
            var p, usable = self._raw.allocx(capacity * size, alignment)
            var data = p.unsafe_bitcast[Self.T]()
            for i in range(self._len):
                data.unsafe_offset(i).unsafe_write(self._data.unsafe_offset(i).unsafe_take_pointee())
            self._raw.free(old)
            self._data = data
            self._capacity = usable // size


struct VectorIter[mut: Bool, //, T: Movable & Deinitable, origin: Origin[mut=mut]](ImplicitlyCopyable):
    """Goes over the elements of a `Vector` by reference.

    Parameters:
        mut: Whether elements can be changed.
        T: Type of the elements.
        origin: Origin of the vector.
    """

    var _next: Pointer[Self.T, Self.origin]
    var _left: Int

    def __init__(out self, first: Pointer[Self.T, Self.origin], length: Int):
        """Starts at an element.

        Args:
            first: The first element.
            length: Number of elements.
        """
        self._next = first
        self._left = length

    def __iter__(ref self) -> Self:
        """The iterator itself.

        Returns:
            A copy.
        """
        return self

    @always_inline
    def __next__(mut self) raises StopIteration -> ref[Self.origin] Self.T:
        """The next element.

        Returns:
            A reference to it.

        Raises:
            StopIteration: After the last.
        """
        if self._left <= 0:
            raise StopIteration()
        self._left -= 1
        var here = self._next
        self._next = here.unsafe_offset(1)
        return here[]
