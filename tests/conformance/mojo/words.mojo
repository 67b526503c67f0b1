"""The words of the case file: numbers, comparisons, errors, flags."""

from allockit import AkitError, Alloc, Purge


def number(text: String, saved: Dict[String, UInt64]) raises -> UInt64:
    if text == "max":
        return UInt64.MAX
    if text == "ptrmax":
        return (UInt64(1) << 63) - 1
    if text == "ptrmax1":
        return UInt64(1) << 63
    if text.startswith("$"):
        var name = String(text[byte=1:])
        if name not in saved:
            raise Error("nothing saved as ", name)
        return saved[name]
    var value = UInt64(0)
    var end = text.byte_length()
    var shift = UInt64(0)
    var last = text.as_bytes()[end - 1]
    for i, letter in enumerate("KMGT".as_bytes()):
        if last == letter:
            shift = UInt64(10 * (i + 1))
            end -= 1
    if end == 0:
        raise Error("not a number: ", text)
    for i in range(end):
        var digit = text.as_bytes()[i]
        if digit < 48 or digit > 57:
            raise Error("not a number: ", text)
        value = value * 10 + UInt64(digit - 48)
    return value << shift


comptime WRONG_ANSWER = "wrong answer: "
"""How the text of an error begins when a line was understood and its answer is not the one it names."""


def compare(what: String, value: UInt64, op: String, wanted: UInt64) raises:
    var right: Bool
    if op == "=":
        right = value == wanted
    elif op == ">=":
        right = value >= wanted
    elif op == "<=":
        right = value <= wanted
    elif op == ">":
        right = value > wanted
    elif op == "<":
        right = value < wanted
    else:
        raise Error("not a comparison: ", op)
    if not right:
        raise Error(WRONG_ANSWER, what, " ", op, " ", wanted, " was expected, it is ", value)


def setting(text: String) raises -> Tuple[String, String]:
    """The two sides of `field=value`."""
    var at = text.find("=")
    if at < 0:
        raise Error("not a setting: ", text)
    return (String(text[byte=:at]), String(text[byte = at + 1 :]))


def error_code(name: String) raises -> Int:
    if name == "ENOMEM":
        return AkitError.ENOMEM
    if name == "EINVAL":
        return AkitError.EINVAL
    if name == "ENOENT":
        return AkitError.ENOENT
    if name == "ESHUTDOWN":
        return AkitError.ESHUTDOWN
    if name == "EBUSY":
        return AkitError.EBUSY
    if name == "EPERM":
        return AkitError.EPERM
    if name == "E2BIG":
        return AkitError.E2BIG
    if name == "ENOSPC":
        return AkitError.ENOSPC
    if name == "ENOBUFS":
        return AkitError.ENOBUFS
    if name == "EMSGSIZE":
        return AkitError.EMSGSIZE
    if name == "ENOSYS":
        return AkitError.ENOSYS
    if name == "EOVERFLOW":
        return AkitError.EOVERFLOW
    if name == "EEXIST":
        return AkitError.EEXIST
    if name == "EBADF":
        return AkitError.EBADF
    if name == "EOPNOTSUPP":
        return AkitError.EOPNOTSUPP
    raise Error("not an error: ", name)


def alloc_flags(text: String) raises -> UInt32:
    var flags = UInt32(0)
    if text == "-":
        return flags
    for word in text.split("+"):
        if word == "zero":
            flags |= Alloc.ZERO
        elif word == "no_move":
            flags |= Alloc.NO_MOVE
        elif word == "no_cache":
            flags |= Alloc.NO_CACHE
        elif word == "guard":
            flags |= Alloc.GUARD
        else:
            raise Error("not a flag: ", word)
    return flags


def purge_flags(text: String) raises -> UInt32:
    var flags = UInt32(0)
    if text == "-":
        return flags
    for word in text.split("+"):
        if word == "due":
            flags |= Purge.DUE
        elif word == "all":
            flags |= Purge.ALL
        elif word == "wait":
            flags |= Purge.WAIT
        else:
            raise Error("not a flag: ", word)
    return flags
