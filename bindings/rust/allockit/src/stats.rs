//! Statistics: the structs of the C library under Rust names, and the text forms.

use crate::error::{check, Error, Result};
use allockit_sys as sys;
use core::ffi::{c_char, c_int};

#[doc(inline)]
pub use allockit_sys::akit_block_info as BlockInfo;
#[doc(inline)]
pub use allockit_sys::akit_class_stats as ClassStats;
#[doc(inline)]
pub use allockit_sys::akit_huge_stats as HugeStats;
#[doc(inline)]
pub use allockit_sys::akit_huge_system as HugeSystem;
#[cfg(feature = "io")]
#[doc(inline)]
pub use allockit_sys::akit_io_stats as IoStats;
#[doc(inline)]
pub use allockit_sys::akit_pool_stats as PoolStats;
#[doc(inline)]
pub use allockit_sys::akit_process_stats as ProcessStats;
#[doc(inline)]
pub use allockit_sys::akit_region_stats as RegionStats;
#[doc(inline)]
pub use allockit_sys::akit_ring_stats as RingStats;
#[doc(inline)]
pub use allockit_sys::akit_tiered_stats as TieredStats;
#[doc(inline)]
pub use allockit_sys::akit_uring_group_stats as GroupStats;
#[doc(inline)]
pub use allockit_sys::akit_uring_probe_info as UringProbe;
#[doc(inline)]
pub use allockit_sys::akit_uring_stats as UringStats;

const ENOSPC: i32 = 28;
const EILSEQ: i32 = 84;

/// All handles, where an id is asked for.
pub(crate) const ALL: u64 = 0;

pub(crate) fn json(id: u64) -> Result<String> {
    // SAFETY: `text` gives a buffer of the size it says.
    text(|buffer, size, need| unsafe { sys::akit_stats_json(id, buffer, size, need) })
}

pub(crate) fn openmetrics(id: u64) -> Result<String> {
    // SAFETY: `text` gives a buffer of the size it says.
    text(|buffer, size, need| unsafe { sys::akit_stats_openmetrics(id, buffer, size, need) })
}

/// What `write` writes into a buffer, its size, and the bytes it needs. Asks again with more room until it fits:
/// figures grow digits between two calls.
pub(crate) fn text(write: impl Fn(*mut c_char, usize, &mut usize) -> c_int) -> Result<String> {
    let mut buffer: Vec<u8> = Vec::with_capacity(4096);
    loop {
        let mut need = 0;
        match check(write(buffer.as_mut_ptr().cast(), buffer.capacity(), &mut need)) {
            Ok(_) => {
                // SAFETY: the writer filled `need` bytes, the last of which is a NUL.
                unsafe { buffer.set_len(need - 1) };
                return String::from_utf8(buffer).map_err(|_| Error::from_errno(EILSEQ));
            }
            Err(error) if error.errno() == ENOSPC => buffer.reserve(need + need / 8),
            Err(error) => return Err(error),
        }
    }
}
