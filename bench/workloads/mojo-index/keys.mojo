"""Hashing and comparing short keys by words instead of bytes."""

comptime BytePtr = Pointer[UInt8, MutUntrackedOrigin]

comptime _A = UInt64(0x9E3779B97F4A7C15)
comptime _B = UInt64(0xD1B54A32D192ED03)


@always_inline
def _word(p: BytePtr, at: Int) -> UInt64:
    return p.unsafe_offset(at).unsafe_bitcast[UInt64]().unsafe_load[alignment=1](0)


@always_inline
def _half(p: BytePtr, at: Int) -> UInt64:
    return UInt64(p.unsafe_offset(at).unsafe_bitcast[UInt32]().unsafe_load[alignment=1](0))


@always_inline
def _short(p: BytePtr, n: Int) -> UInt64:
    """All of a key of 1 to 7 bytes, overlapping where that saves a loop."""
    if n >= 4:
        return _half(p, 0) << 32 | _half(p, n - 4)
    return UInt64(p[]) << 16 | UInt64(p[unsafe_offset=n >> 1]) << 8 | UInt64(p[unsafe_offset=n - 1])


@always_inline
def _fold(a: UInt64, b: UInt64) -> UInt64:
    var product = UInt128(a) * UInt128(b)
    return UInt64(product >> 64) ^ UInt64(product & UInt128(UInt64.MAX))


@always_inline
def hash_key(p: BytePtr, n: Int) -> UInt64:
    if n < 8:
        return _fold(_short(p, n) ^ _A, UInt64(n) ^ _B)
    var h = UInt64(n) ^ _B
    var i = 0
    while i + 16 < n:
        h = _fold(_word(p, i) ^ _A, _word(p, i + 8) ^ h)
        i += 16
    return _fold(_word(p, min(i, n - 8)) ^ _A, _word(p, n - 8) ^ h)


@always_inline
def same_key(a: BytePtr, b: BytePtr, n: Int) -> Bool:
    if n < 8:
        return _short(a, n) == _short(b, n)
    var i = 0
    while i + 8 < n:
        if _word(a, i) != _word(b, i):
            return False
        i += 8
    return _word(a, n - 8) == _word(b, n - 8)
