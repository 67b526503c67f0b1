//! Structs of pools.

use crate::common::compile;
use crate::fields_of;
use allockit_sys::*;
use std::fmt::Write as _;

#[test]
fn structs_of_pools() {
    let mut text = String::new();
    layout!(
        text,
        akit_pool_config {
            struct_size,
            flags,
            name,
            limit_bytes,
            decay_ns,
            thp,
            fork_mode,
            zero_mode,
            numa_mode,
            numa_nodes,
            prefault_bytes,
            check_mode,
            reserved0,
            reserved_a,
            reserved_b,
            reserved_c,
            reserved_d,
            region,
            huge,
            min_class_bytes,
            max_class_bytes,
            classes_per_doubling,
            class_bytes,
            class_count,
            class_cache_bytes,
            cache_bytes,
            thread_cache_bytes,
            alignment,
            slab_bytes,
            exhaust_mode,
            reserved1,
            memory,
            memory_bytes,
        }
    );
    layout!(
        text,
        akit_pool_stats {
            struct_size,
            id,
            kind,
            limit_bytes,
            used_bytes,
            used_peak_bytes,
            cached_bytes,
            metadata_bytes,
            mapped_bytes,
            mapped_peak_bytes,
            pinned_bytes,
            mappings,
            allocs_total,
            frees_total,
            failures_total,
            limit_hits_total,
            misuses_total,
            maps_total,
            unmaps_total,
            purges_total,
            purged_bytes_total,
            prefaulted_bytes_total,
            out_buffers,
            out_peak_buffers,
            hits_total,
            misses_total,
            puts_total,
            discards_total,
            oversize_total,
            zeroed_bytes_total,
            grown_total,
            fallbacks_total,
            first_fallback_unix_ns,
            thread_cache_bytes,
            reused_bytes_total,
        }
    );
    compile(&text);
}
