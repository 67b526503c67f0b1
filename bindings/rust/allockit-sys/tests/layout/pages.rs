//! Structs of regions and huge pages.

use crate::common::compile;
use crate::fields_of;
use allockit_sys::*;
use std::fmt::Write as _;

#[test]
fn structs_of_regions() {
    let mut text = String::new();
    layout!(
        text,
        akit_region_config {
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
            cache_bytes,
            max_waste_permille,
            max_mappings,
            max_entries,
            purge_method,
            guard,
            memory,
            memory_bytes,
        }
    );
    layout!(
        text,
        akit_region_stats {
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
            cache_hits_total,
            cache_misses_total,
            evictions_total,
            rejected_total,
            cached_mappings,
            waste_bytes,
            remaps_total,
            purge_deadline_ns,
            purge_overdue_ns,
            purge_skipped_pinned_total,
        }
    );
    compile(&text);
}

#[test]
fn structs_of_huge_pages() {
    let mut text = String::new();
    layout!(
        text,
        akit_huge_config {
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
            giant_page_bytes,
            huge_page_bytes,
            giant_mode,
            huge_mode,
            populate,
            reserved1,
            cache_bytes,
        }
    );
    layout!(
        text,
        akit_huge_stats {
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
            giant_bytes,
            hugetlb_bytes,
            thp_bytes,
            base_bytes,
            cache_hits_total,
            cache_misses_total,
            fallbacks_total,
            last_fallback_reason,
            last_fallback_unix_ns,
            populate_max_ns,
            populate_ns_total,
        }
    );
    layout!(
        text,
        akit_huge_system {
            struct_size,
            base_page_bytes,
            thp_page_bytes,
            thp_mode,
            huge_page_bytes,
            huge_total,
            huge_free,
            huge_reserved,
            huge_surplus,
            giant_page_bytes,
            giant_total,
            giant_free,
            numa_nodes,
            cgroup_huge_limit_bytes,
        }
    );
    compile(&text);
}
