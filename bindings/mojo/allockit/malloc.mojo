"""The default heap: made at its first use, never destroyed, and behind functions with the shapes of C's own.

Functions here that take a block take one of any heap, not only of the default one, and find the heap by the address.
Bare pointers keep nothing alive. Sizes and alignments are in bytes; every function may be called from any thread.
"""

from std.ffi import c_int, c_size_t

from ._ffi import Calls, Handle, RawPtr, VoidPtr, call, void_ptr
from .base import AkitError, check, last_error
from .config import TieredConfig, label_ptr
from .tiered import Tiered


def default_heap() raises AkitError -> Tiered:
    """The default heap, for statistics, purging, and typed blocks.

    Returns:
        A heap object that does not destroy it.

    Raises:
        AkitError: ENOMEM when it cannot be made.
    """
    var handle = call["akit_default", Handle]()
    if not handle:
        raise last_error()
    return Tiered(unsafe_handle=handle, owned=False)


def default_configure(config: TieredConfig, *, name: String = "") raises AkitError:
    """Configures the default heap before its first use; the environment is not read then.

    Args:
        config: How it is set up.
        name: Label in the statistics.

    Raises:
        AkitError: EBUSY after the first use; EINVAL for a value that makes no sense.
    """
    var label = name
    var named = config.copy()
    if label.byte_length() > 0:
        named.name = label_ptr(label)
    _ = check(call["akit_default_configure", c_int](void_ptr(named)))
    _ = named^
    _ = label^


def malloc(size: Int) raises AkitError -> RawPtr:
    """Allocates a block of the default heap.

    Args:
        size: Bytes; 0 gives the smallest block.

    Returns:
        The block, aligned to 16.

    Raises:
        AkitError: ENOMEM.
    """
    return _block(Calls().malloc(c_size_t(size)))


def calloc(count: Int, size: Int) raises AkitError -> RawPtr:
    """Allocates a block of `count * size` zero bytes of the default heap.

    Args:
        count: First factor.
        size: Second factor.

    Returns:
        The block, aligned to 16.

    Raises:
        AkitError: ENOMEM, also when the product overflows.
    """
    return _block(call["akit_calloc", VoidPtr](c_size_t(count), c_size_t(size)))


def realloc(p: VoidPtr, size: Int) raises AkitError -> RawPtr:
    """Changes the size of a block, which stays in its heap.

    Args:
        p: The block of any heap; none allocates from the default heap.
        size: Bytes; 0 shrinks to the smallest block and never frees.

    Returns:
        The block, perhaps elsewhere.

    Raises:
        AkitError: ENOMEM, and then the block is as it was; ENOENT or EINVAL when it is not a block in use.
    """
    return _block(call["akit_realloc", VoidPtr](p, c_size_t(size)))


def aligned_alloc(alignment: Int, size: Int) raises AkitError -> RawPtr:
    """Allocates an aligned block of the default heap.

    Args:
        alignment: 0 (which is 16) or a power of two up to 1 GiB.
        size: Bytes, of any number.

    Returns:
        The block.

    Raises:
        AkitError: ENOMEM; EINVAL for another alignment.
    """
    return _block(call["akit_aligned_alloc", VoidPtr](c_size_t(alignment), c_size_t(size)))


def free(p: VoidPtr):
    """Gives a block of any heap back; none does nothing.

    Args:
        p: The block; misuse is reported by the library and changes nothing.
    """
    Calls().free_any(p)


def free_sized(p: VoidPtr, size: Int):
    """Gives a block of any heap back whose size is known.

    Args:
        p: The block.
        size: The size asked for, or anything from there to the usable size.
    """
    call["akit_free_sized", NoneType](p, c_size_t(size))


def free_aligned_sized(p: VoidPtr, alignment: Int, size: Int):
    """Gives a block of any heap back whose alignment and size are known.

    Args:
        p: The block.
        alignment: The alignment it was allocated with.
        size: The size it was allocated with.
    """
    call["akit_free_aligned_sized", NoneType](p, c_size_t(alignment), c_size_t(size))


def usable_size(p: VoidPtr) -> Int:
    """Usable size of a block of any heap.

    Args:
        p: Any pointer.

    Returns:
        Bytes; 0 for what is not a block in use.
    """
    return Int(call["akit_usable_size", c_size_t](p))


def _block(p: VoidPtr) raises AkitError -> RawPtr:
    if not p:
        raise last_error()
    return p.unsafe_value()
