//! Structs of arenas.

use crate::common::compile;
use crate::fields_of;
use allockit_sys::*;
use std::fmt::Write as _;

#[test]
fn structs_of_arenas() {
    let mut text = String::new();
    layout!(
        text,
        akit_arena_config {
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
            slab_bytes,
            max_slab_bytes,
            exhaust_mode,
            warn_percent,
            memory,
            memory_bytes,
        }
    );
    layout!(
        text,
        akit_arena_stats {
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
            capacity_bytes,
            high_water_bytes,
            slabs,
            dedicated_slabs,
            tail_waste_bytes,
            resets_total,
            rewinds_total,
            fallbacks_total,
            first_fallback_unix_ns,
            warnings_total,
        }
    );
    compile(&text);
}
