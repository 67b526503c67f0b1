//! Structs of registrations with io_uring.

use crate::common::compile;
use crate::fields_of;
use allockit_sys::*;
use std::fmt::Write as _;

#[test]
fn structs_of_registrations() {
    let mut text = String::new();
    layout!(
        text,
        akit_uring_config {
            struct_size,
            flags,
            name,
            ring_fd,
            table_mode,
            slot_base,
            slot_count,
            tag_base,
            memlock_bytes,
        }
    );
    layout!(
        text,
        akit_uring_stats {
            struct_size,
            state,
            last_errno,
            memlock_needed_bytes,
            memlock_limit_bytes,
            registered_bytes,
            slots,
            slots_used,
            areas,
            areas_pending,
            areas_draining,
            lookups_missed_total,
            registers_total,
            register_failures_total,
        }
    );
    layout!(
        text,
        akit_uring_probe_info {
            struct_size,
            available,
            error,
            features,
            memlock_soft_bytes,
            memlock_hard_bytes,
            memlock_used_bytes,
            ipc_lock,
            max_slots,
            max_slot_bytes,
        }
    );
    layout!(
        text,
        akit_uring_group_config { struct_size, flags, pool, buffer_bytes, group_id, entries, window_min, window_max }
    );
    layout!(
        text,
        akit_uring_group_stats {
            struct_size,
            group_id,
            entries,
            published,
            window,
            buffers_out,
            taken_total,
            refills_total,
            enobufs_total,
            empty_ns_total,
            misuses_total,
        }
    );
    compile(&text);
}
