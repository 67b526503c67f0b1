//! What the system allows.

use crate::error::{check, Result};
use crate::stats::{self, UringProbe};
use crate::uring::Uring;
use allockit_sys as sys;
use core::mem::size_of;

/// What the system allows, whoever asks.
impl Uring {
    /// Whether io_uring can be used, and how much memory may be registered. It makes a small io_uring and closes it, when
    /// that is allowed.
    ///
    /// ```
    /// let system = allockit::Uring::probe()?;
    /// match system.available {
    ///     1 => println!("{} bytes may be locked", system.memlock_soft_bytes),
    ///     _ => println!("no io_uring: errno {}", system.error),
    /// }
    /// # Ok::<(), allockit::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// None: that io_uring is forbidden is an answer.
    pub fn probe() -> Result<UringProbe> {
        let mut out = UringProbe::default();
        out.struct_size = size_of::<UringProbe>() as u64;
        // SAFETY: `out` is as large as it says.
        check(unsafe { sys::akit_uring_probe(&mut out) })?;
        Ok(out)
    }

    /// The same as text for people, and for registering `bytes` bytes (0: no number in mind) whether the limit is enough
    /// and how to raise it.
    ///
    /// # Errors
    ///
    /// None.
    pub fn probe_text(bytes: u64) -> Result<String> {
        // SAFETY: `text` gives a buffer of the size it says.
        stats::text(|buffer, size, need| unsafe { sys::akit_uring_probe_text(bytes, buffer, size, need) })
    }
}
