//! Which slot some bytes are registered in.

use crate::error::{check, Result};
use crate::uring::Uring;
use allockit_sys as sys;

/// A slot of the io_uring's table of fixed buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(u16);

impl Slot {
    /// The `buf_index` of requests.
    pub fn index(self) -> u16 {
        self.0
    }
}

/// Slots.
impl Uring {
    /// The slot in which these bytes are registered, all of them; `None` is a normal answer: use the plain operation. It
    /// takes no lock, a few nanoseconds, and does not touch the bytes.
    #[inline]
    pub fn lookup(&self, bytes: &[u8]) -> Option<Slot> {
        // SAFETY: the handle is live; any address may be asked about.
        let slot = unsafe { sys::akit_uring_lookup(self.as_raw(), bytes.as_ptr().cast(), bytes.len()) };
        u16::try_from(slot).ok().map(Slot)
    }

    /// The same of an address, with the reason when there is no slot.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound).
    pub fn lookup_raw(&self, p: *const u8, length: usize) -> Result<Slot> {
        // SAFETY: the handle is live; any address may be asked about.
        check(unsafe { sys::akit_uring_lookup(self.as_raw(), p.cast(), length) }).map(|slot| Slot(slot as u16))
    }
}
