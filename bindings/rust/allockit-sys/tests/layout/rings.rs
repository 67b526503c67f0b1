//! Structs of rings.

use crate::common::compile;
use crate::fields_of;
use allockit_sys::*;
use std::fmt::Write as _;

#[test]
fn structs_of_rings() {
    let mut text = String::new();
    layout!(
        text,
        akit_ring_config {
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
            capacity_bytes,
            block_bytes,
            alignment,
            colour_bytes,
            order,
            reserved1,
            memory,
            memory_bytes,
        }
    );
    layout!(
        text,
        akit_ring_stats {
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
            max_slice_bytes,
            out_slices,
            out_peak_slices,
            releases_total,
            padding_bytes,
            padding_bytes_total,
            exhausted_total,
            too_large_total,
            head_blocked_total,
            oldest_block_acquires,
            held_blocks,
        }
    );
    compile(&text);
}
