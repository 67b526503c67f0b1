"""What the system offers in huge pages."""

from std.ffi import c_int
from std.sys import size_of

from ._answers import TextBuffer
from ._ffi import call, empty_struct, void_ptr
from .base import AkitError, check


struct HugeSystem(Copyable):
    """Pages that the system offers, of all nodes or of one; layout of `akit_huge_system`.

    Numbers of pages are as the kernel counts them. Reading takes about 0.1 ms.
    """

    var struct_size: UInt64
    """Bytes of this struct."""
    var base_page_bytes: UInt64
    """Size of an ordinary page."""
    var thp_page_bytes: UInt64
    """Size of a transparent huge page, 0: none."""
    var thp_mode: UInt64
    """One of `ThpMode`."""
    var huge_page_bytes: UInt64
    """Default size of explicit huge pages, 0: the kernel has none."""
    var huge_total: UInt64
    """Pages of that size in the reservation."""
    var huge_free: UInt64
    """Of these, not in use."""
    var huge_reserved: UInt64
    """Of the free ones, promised to somebody; 0 for one node."""
    var huge_surplus: UInt64
    """Of the total, beyond the configured number."""
    var giant_page_bytes: UInt64
    """Next larger size the kernel offers, 0: none."""
    var giant_total: UInt64
    """Pages of that size in the reservation."""
    var giant_free: UInt64
    """Of these, not in use."""
    var numa_nodes: UInt64
    """Bit n stands for node n; of one node: its own bit."""
    var cgroup_huge_limit_bytes: UInt64
    """Most the process's control group may take of the default size, `NONE`: no limit known."""

    def __init__(out self):
        """An empty struct, ready to be filled."""
        comptime assert size_of[Self]() == 14 * 8, "layout of akit_huge_system"
        self = empty_struct[Self]()


def huge_system_get() raises AkitError -> HugeSystem:
    """Reads what the system offers now.

    Returns:
        The figures of all nodes.

    Raises:
        AkitError: Never, in this version.
    """
    var system = HugeSystem()
    _ = check(call["akit_huge_system_get", c_int](void_ptr(system)))
    return system^


def huge_system_node_get(node: Int) raises AkitError -> HugeSystem:
    """Reads what one NUMA node offers now.

    Args:
        node: Number of the node, from 0.

    Returns:
        The same figures; the numbers of pages are those of the node.

    Raises:
        AkitError: ENOENT for a node that does not exist.
    """
    var system = HugeSystem()
    _ = check(call["akit_huge_system_node_get", c_int](UInt32(node), void_ptr(system)))
    return system^


def huge_system_text() raises AkitError -> String:
    """What the system offers now, for people: a line per page size and node, and the commands that reserve more.

    Returns:
        The text.

    Raises:
        AkitError: Never, in this version.
    """
    var buffer = TextBuffer()
    while buffer.unfinished(call["akit_huge_system_text", c_int](buffer.ptr(), buffer.size(), buffer.need())):
        pass
    return buffer.text()
