"""How answers of the library become values: structs, counts and texts."""

from std.ffi import c_int, c_size_t

from ._ffi import Handle, VoidPtr, call, empty_struct, void_ptr
from .base import AkitError, check


def read_struct[name: StaticString, T: Copyable & Deinitable](handle: Handle) raises AkitError -> T:
    """Calls a function of the library that fills a struct about a handle.

    Parameters:
        name: The C function, which takes the handle and the struct.
        T: The struct.

    Args:
        handle: The handle.

    Returns:
        The struct.

    Raises:
        AkitError: What the function answers.
    """
    var filled = empty_struct[T]()
    _ = check(call[name, c_int](handle, void_ptr(filled)))
    return filled^


def check_count(rc: Int64) raises AkitError -> UInt64:
    """Turns an `int64_t` result of the library into a number or an error.

    Args:
        rc: What the function returned: 0 or more on success, else a negative `errno`.

    Returns:
        The result when it is not negative.

    Raises:
        AkitError: The error when it is negative.
    """
    if rc < 0:
        raise AkitError(-Int(rc))
    return UInt64(rc)


struct TextBuffer:
    """A buffer that grows until the text fits.

    Figures move between two calls, so it leaves room, and the caller asks again as long as `unfinished` says so.
    """

    var _bytes: List[UInt8]
    var _need: c_size_t

    def __init__(out self):
        """An empty buffer with room for a few thousand bytes."""
        self._bytes = List[UInt8](length=4096, fill=0)
        self._need = 0

    def ptr(mut self) -> VoidPtr:
        """Where the text goes.

        Returns:
            The argument `buf` of the C function.
        """
        return self._bytes.unsafe_ptr().unsafe_bitcast[NoneType]().unsafe_origin_cast[MutUntrackedOrigin]()

    def size(self) -> c_size_t:
        """How much room there is.

        Returns:
            The argument `size` of the C function, in bytes.
        """
        return c_size_t(len(self._bytes))

    def need(mut self) -> VoidPtr:
        """Where the size of the text goes.

        Returns:
            The argument `need` of the C function.
        """
        return void_ptr(self._need)

    def unfinished(mut self, rc: c_int) raises AkitError -> Bool:
        """Looks at the answer of the C function, and makes room when there was too little.

        Args:
            rc: The answer.

        Returns:
            Whether the function must be called again.

        Raises:
            AkitError: What the function answers, but for ENOSPC.
        """
        if rc == -c_int(AkitError.ENOSPC):
            self._bytes = List[UInt8](length=Int(self._need) + 256, fill=0)
            return True
        _ = check(rc)
        return False

    def text(self) -> String:
        """The text.

        Returns:
            A copy, without the final NUL.
        """
        return String(unsafe_from_utf8=Span(self._bytes)[: Int(self._need) - 1])
