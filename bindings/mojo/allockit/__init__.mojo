"""Heaps of their own, capped, measured and destroyed at once.

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
    Alloc,
    Backing,
    BlockState,
    Check,
    Feature,
    Fork,
    Huge,
    Kind,
    Misuse,
    Numa,
    Purge,
    Thp,
    Zero,
)
from .malloc import default_configure, default_heap
from .pointer import HeapPtr
from .raw import RawTiered
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
from .vector import Vector, VectorIter
