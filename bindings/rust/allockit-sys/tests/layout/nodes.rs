//! Structs of nodes.

use crate::common::compile;
use crate::fields_of;
use allockit_sys::*;
use std::fmt::Write as _;

#[test]
fn structs_of_nodes() {
    let mut text = String::new();
    layout!(
        text,
        akit_nodes_config {
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
            node_bytes,
            node_alignment,
            element_bytes,
            max_elements,
            capacity_step,
            slab_bytes,
            exhaust_mode,
            warn_percent,
            memory,
            memory_bytes,
        }
    );
    layout!(
        text,
        akit_nodes_stats {
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
            nodes_used,
            arrays_used,
            free_bytes,
            slabs,
            recycled_total,
            fallbacks_total,
            first_fallback_unix_ns,
            warnings_total,
        }
    );
    compile(&text);
}
