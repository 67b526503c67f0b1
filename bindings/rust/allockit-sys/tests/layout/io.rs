//! Structs of the small io_uring.

use crate::common::compile;
use crate::fields_of;
use allockit_sys::*;
use std::fmt::Write as _;

#[test]
fn structs_of_io() {
    let mut text = String::new();
    layout!(
        text,
        akit_io_config {
            struct_size,
            flags,
            name,
            memlock_bytes,
            entries,
            single_issuer,
            defer_taskrun,
            sqpoll,
            slot_count,
            reserved0,
        }
    );
    layout!(
        text,
        akit_io_stats {
            struct_size,
            entries,
            queued,
            in_flight,
            starved,
            events_ready,
            requests_total,
            fixed_total,
            submits_total,
            full_total,
            events_total,
            enobufs_total,
            rearms_total,
            drained_total,
        }
    );
    layout!(text, akit_io_event { user_data, res, flags, buffer, group });
    compile(&text);
}
