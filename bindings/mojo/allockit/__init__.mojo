"""Heaps of their own, capped, measured and destroyed at once; regions of whole pages; huge pages; pools of buffers; rings of
slices; memory registered with io_uring.

    from allockit import Tiered, TieredConfig, Vector

    def main() raises:
        var heap = Tiered(TieredConfig(limit_bytes=64 << 20), name="words")
        var xs = Vector[Int](heap)
        xs.append(7)
        print(xs[0], heap.stats().used_bytes)

The library is opened at its first use, from the path in the environment variable `ALLOCKIT_LIBRARY` or else as
`liballockit.so.0`. With `-D AKIT_LINKED` the program is linked with it instead, with the flags of
`pkg-config --libs allockit`, each after `-Xlinker`.
"""

from . import malloc
from ._ffi import Handle, RawPtr, VoidPtr
from .base import (
    AkitError,
    BlockInfo,
    MisuseHandler,
    cache_limit,
    feature,
    inspect,
    maintain,
    misuse_handler,
    misuse_mode,
    purge,
    purge_thread,
    strerror,
    thread_flush,
    version,
    version_string,
)
from .config import TieredConfig
from .constants import (
    MIN_ALIGN,
    NONE,
    URING_ALL,
    Alloc,
    Backing,
    BlockState,
    Check,
    Exhaust,
    Feature,
    Fork,
    HugeMode,
    IoChoice,
    IoEventFlags,
    IoFlags,
    Kind,
    Misuse,
    Numa,
    PoolFlags,
    Populate,
    Purge,
    PurgeMethod,
    Reason,
    RingOrder,
    Thp,
    ThpMode,
    UringFlags,
    UringState,
    Zero,
)
from .huge import Huge
from .huge_block import HugeBlock
from .huge_structs import HugeConfig, HugeStats
from .huge_system import HugeSystem, huge_system_get, huge_system_node_get, huge_system_text
from .malloc import default_configure, default_heap
from .pointer import HeapPtr
from .pool import Pool, PoolOn
from .pool_buffer import PooledBuf, PooledBufOn
from .pool_structs import PoolConfig, PoolStats, PoolSuggestion
from .raw import RawTiered
from .raw_pages import RawHuge, RawRegion
from .raw_pool import RawPool
from .raw_ring import RawRing
from .region import Region, RegionOn
from .region_block import RegionBlock, RegionPin
from .region_structs import RegionConfig, RegionStats
from .ring import Ring, RingOn
from .ring_slice import RingSlice, RingSliceOn, SharedSlice, SharedSliceOn
from .ring_structs import RingConfig, RingStats
from .stats import (
    ClassStats,
    HandleEntry,
    ProcessStats,
    TieredStats,
    handles,
    process_stats,
    stats_json,
    stats_openmetrics,
)
from .tiered import Tiered
from .uring import Uring, uring_probe, uring_probe_text
from .uring_group import Group, GroupBuffer
from .uring_structs import GroupConfig, GroupStats, UringConfig, UringProbe, UringStats
from .vector import Vector, VectorIter
