"""Statistics of the process, of heaps and of size classes, as structs, and of all handles as text. The structs of
regions and of huge pages are in `region_structs` and `huge_structs`.

All figures are unsigned 64-bit numbers. Names ending in `_total` only grow; all others go up and down. Sizes are in
bytes, times in nanoseconds. Reading never blocks an allocation.
"""

from std.ffi import c_int
from std.sys import size_of

from ._answers import TextBuffer
from ._ffi import call, empty_struct, void_ptr
from .base import AkitError, check


struct TieredStats(Copyable):
    """Figures of one heap; layout of `akit_tiered_stats`."""

    var struct_size: UInt64
    """Bytes of this struct."""
    var id: UInt64
    """Id of the heap, never used again."""
    var kind: UInt64
    """`Kind.TIERED`."""
    var limit_bytes: UInt64
    """The cap in force, `NONE` without one."""
    var used_bytes: UInt64
    """Usable bytes of the blocks in use."""
    var used_peak_bytes: UInt64
    """Most of it."""
    var cached_bytes: UInt64
    """Freed and kept."""
    var metadata_bytes: UInt64
    """The heap's own books."""
    var mapped_bytes: UInt64
    """Address space the heap holds."""
    var mapped_peak_bytes: UInt64
    """Most of it."""
    var pinned_bytes: UInt64
    """Never purged or moved."""
    var mappings: UInt64
    """Pieces of address space the heap holds."""
    var allocs_total: UInt64
    """Blocks handed out."""
    var frees_total: UInt64
    """Blocks taken back."""
    var failures_total: UInt64
    """Requests that failed, whatever the reason."""
    var limit_hits_total: UInt64
    """Of these, the ones because of the cap."""
    var misuses_total: UInt64
    """Calls with a pointer or size that was not legal."""
    var maps_total: UInt64
    """Pieces of address space taken."""
    var unmaps_total: UInt64
    """Pieces of address space given up."""
    var purges_total: UInt64
    """Purge rounds that gave something back."""
    var purged_bytes_total: UInt64
    """Bytes given back by them."""
    var prefaulted_bytes_total: UInt64
    """Bytes made resident ahead of use."""
    var small_used_bytes: UInt64
    """Part of `used_bytes` in small blocks."""
    var medium_used_bytes: UInt64
    """The same in medium blocks."""
    var large_used_bytes: UInt64
    """The same in large blocks."""
    var huge_used_bytes: UInt64
    """The same in huge blocks."""
    var thread_cache_bytes: UInt64
    """Part of `cached_bytes` in caches of threads."""
    var thread_caches: UInt64
    """Threads that have a cache in this heap."""
    var cache_hits_total: UInt64
    """Requests answered by the thread's own cache."""
    var cache_misses_total: UInt64
    """Requests that took the slow path."""
    var remote_frees_total: UInt64
    """Blocks that left the thread that freed them in a batch."""
    var remote_pending_bytes: UInt64
    """Bytes in such batches, waiting for a thread in need."""
    var reallocs_total: UInt64
    """Calls that changed the size of a block."""
    var reallocs_in_place_total: UInt64
    """Of these, the ones that kept the address."""
    var huge_fallbacks_total: UInt64
    """Huge blocks that got smaller pages than wished for."""

    def __init__(out self):
        """An empty struct, ready to be filled."""
        comptime assert size_of[Self]() == 35 * 8, "layout of akit_tiered_stats"
        self = empty_struct[Self]()


struct ClassStats(Copyable):
    """Figures of one size class of a heap; layout of `akit_class_stats`."""

    var struct_size: UInt64
    """Bytes of this struct."""
    var block_bytes: UInt64
    """Usable size of the blocks."""
    var used_blocks: UInt64
    """Blocks in use."""
    var used_peak_blocks: UInt64
    """Most of them."""
    var cached_blocks: UInt64
    """Freed and kept."""
    var gets_total: UInt64
    """Blocks handed out."""
    var puts_total: UInt64
    """Blocks taken back."""
    var hits_total: UInt64
    """Gets answered from the thread's cache."""
    var misses_total: UInt64
    """Gets that went to the slow path."""
    var discards_total: UInt64
    """Puts that were not kept because the cache was at its bound."""
    var slabs: UInt64
    """Slabs cut into blocks of this class."""
    var mapped_bytes: UInt64
    """Bytes of those slabs."""

    def __init__(out self):
        """An empty struct, ready to be filled."""
        comptime assert size_of[Self]() == 12 * 8, "layout of akit_class_stats"
        self = empty_struct[Self]()


struct ProcessStats(Copyable):
    """Figures of the library in this process; layout of `akit_process_stats`."""

    var struct_size: UInt64
    """Bytes of this struct."""
    var handles: UInt64
    """Handles alive, the default heap included."""
    var handles_created_total: UInt64
    """Handles ever created."""
    var mapped_bytes: UInt64
    """Address space mapped by the library and readable."""
    var used_bytes: UInt64
    """Usable bytes of all blocks in use."""
    var cached_bytes: UInt64
    """Kept for later requests, process-wide cache included."""
    var metadata_bytes: UInt64
    """The library's own books, `table_bytes` not included."""
    var table_bytes: UInt64
    """The process-wide address table, which is in no heap's cap."""
    var pinned_bytes: UInt64
    """Never purged or moved."""
    var mappings: UInt64
    """Mappings made by the library and still there."""
    var threads: UInt64
    """Threads that have a cache in some heap."""
    var misuses_total: UInt64
    """Misuses seen."""
    var purge_thread_running: UInt64
    """1 while the purge thread runs, else 0."""
    var next_purge_ns: UInt64
    """Nanoseconds until maintenance is due, `NONE` when nothing is."""
    var features: UInt64
    """Bit `1 << Feature...` for each facility that works here."""
    var page_bytes: UInt64
    """Size of an ordinary page."""
    var huge_page_bytes: UInt64
    """Size of a default huge page, 0 when there are none."""

    def __init__(out self):
        """An empty struct, ready to be filled."""
        comptime assert size_of[Self]() == 17 * 8, "layout of akit_process_stats"
        self = empty_struct[Self]()


def process_stats() raises AkitError -> ProcessStats:
    """Reads the figures of the process.

    Returns:
        The figures.

    Raises:
        AkitError: Never, in this version.
    """
    var stats = ProcessStats()
    _ = check(call["akit_process_stats_get", c_int](void_ptr(stats)))
    return stats^


@fieldwise_init
struct HandleEntry(ImplicitlyCopyable):
    """A handle that is alive."""

    var id: UInt64
    """Its id, as in the statistics."""
    var kind: UInt32
    """One of `Kind`."""


def handles() raises AkitError -> List[HandleEntry]:
    """Lists the handles that are alive, in the order of their creation.

    Returns:
        Their ids and kinds. Handles made or destroyed meanwhile may or may not be there.

    Raises:
        AkitError: Never, in this version.
    """
    var found = List[HandleEntry]()
    var id = UInt64(0)
    var kind = UInt32(0)
    while True:
        var rc = call["akit_handle_next", c_int](void_ptr(id), void_ptr(kind))
        if rc == -c_int(AkitError.ENOENT):
            return found^
        _ = check(rc)
        found.append(HandleEntry(id, kind))


def stats_json(id: UInt64 = 0) raises AkitError -> String:
    """Statistics as JSON; keys are the names of the struct fields.

    Args:
        id: A handle's id from its statistics, or 0 for the process and all handles.

    Returns:
        The text.

    Raises:
        AkitError: ENOENT for an unknown id.
    """
    return _text["akit_stats_json"](id)


def stats_openmetrics(id: UInt64 = 0) raises AkitError -> String:
    """Statistics as OpenMetrics; metrics are named `allockit_<kind>_<field>` and labelled with the handle's name.

    Args:
        id: A handle's id from its statistics, or 0 for the process and all handles.

    Returns:
        The text.

    Raises:
        AkitError: ENOENT for an unknown id.
    """
    return _text["akit_stats_openmetrics"](id)


def _text[name: StaticString](id: UInt64) raises AkitError -> String:
    var buffer = TextBuffer()
    while buffer.unfinished(call[name, c_int](id, buffer.ptr(), buffer.size(), buffer.need())):
        pass
    return buffer.text()
