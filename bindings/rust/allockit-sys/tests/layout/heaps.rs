//! Structs of heaps and of the process.

use crate::common::compile;
use crate::fields_of;
use allockit_sys::*;
use std::fmt::Write as _;

#[test]
fn structs_of_heaps() {
    let mut text = String::new();
    layout!(
        text,
        akit_block_info {
            struct_size,
            handle_id,
            handle_kind,
            base,
            usable_bytes,
            state,
            backing,
            reason,
            numa_node,
            zeroed,
            tag,
        }
    );
    layout!(
        text,
        akit_tiered_config {
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
            small_max_bytes,
            medium_max_bytes,
            large_max_bytes,
            thread_cache_bytes,
            cache_bytes,
            hugetlb_mode,
            reserved1,
            guard_sample_interval,
        }
    );
    layout!(
        text,
        akit_tiered_stats {
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
            small_used_bytes,
            medium_used_bytes,
            large_used_bytes,
            huge_used_bytes,
            thread_cache_bytes,
            thread_caches,
            cache_hits_total,
            cache_misses_total,
            remote_frees_total,
            remote_pending_bytes,
            reallocs_total,
            reallocs_in_place_total,
            huge_fallbacks_total,
        }
    );
    compile(&text);
}

#[test]
fn structs_of_classes_and_the_process() {
    let mut text = String::new();
    layout!(
        text,
        akit_class_stats {
            struct_size,
            block_bytes,
            used_blocks,
            used_peak_blocks,
            cached_blocks,
            gets_total,
            puts_total,
            hits_total,
            misses_total,
            discards_total,
            slabs,
            mapped_bytes,
        }
    );
    layout!(
        text,
        akit_process_stats {
            struct_size,
            handles,
            handles_created_total,
            mapped_bytes,
            used_bytes,
            cached_bytes,
            metadata_bytes,
            table_bytes,
            pinned_bytes,
            mappings,
            threads,
            misuses_total,
            purge_thread_running,
            next_purge_ns,
            features,
            page_bytes,
            huge_page_bytes,
        }
    );
    compile(&text);
}
