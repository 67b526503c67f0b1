//! Explicit huge pages, with an answer when they cannot be had.

mod block;
mod config;

pub use block::HugeBlock;
pub use config::HugeConfig;

use crate::error::{check, check_figure, Result};
use crate::handle::{any_thread, ends_at_once, handle};
use crate::modes::{AllocFlags, Backing, Purge, Reason};
use crate::stats::{self, HugeStats, HugeSystem};
use crate::tiered::{block as got, void};
use allockit_sys as sys;
use core::mem::size_of;
use core::ptr::NonNull;

/// A source of blocks on huge pages: tried on giant pages, huge pages, transparent huge pages and ordinary ones, as the
/// configuration allows. Explicit pages are taken when the block is allocated, so that running out of them is an error
/// here and not a signal later; each block tells what it stands on.
///
/// Any thread may use it at any time. Blocks come as [`HugeBlock`], which is a slice of bytes that frees itself, or raw
/// from [`allocx`](Self::allocx). Dropping the handle takes every raw block with it.
///
/// ```
/// use allockit::{Backing, Huge, HugePages, Reason};
///
/// let huge = Huge::builder().giant_mode(HugePages::Never).create()?;
/// let mut block = huge.alloc(8 << 20)?;
/// block[0] = 1;
/// if block.backing() != Backing::Huge {
///     println!("not on huge pages: {:?}", block.reason());
/// }
/// println!("{} refusals so far", huge.reason_count(Reason::NotReserved)?);
/// # Ok::<(), allockit::Error>(())
/// ```
pub struct Huge {
    raw: NonNull<sys::akit_huge>,
}

handle! {
    Huge, akit_huge, HugeConfig, HugeStats;
    akit_huge_config_get, akit_huge_stats_get
}

any_thread!(Huge, akit_huge_purge);

ends_at_once! {
    Huge, akit_huge, HugeConfig, EndedHuge;
    akit_huge_destroy, akit_huge_suggest, akit_huge_node_bytes, akit_huge_free
}

impl Huge {
    /// Takes over a handle made through the C interface; `None` for NULL.
    ///
    /// # Safety
    ///
    /// `raw` is NULL or a live handle that nobody else will destroy.
    pub unsafe fn from_raw(raw: *mut sys::akit_huge) -> Option<Self> {
        NonNull::new(raw).map(|raw| Huge { raw })
    }

    /// A block of `len` bytes that starts on a page of its kind, with undefined contents.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory): the cap, a page kind that is required and cannot be had, the
    /// system, or a size above `isize::MAX`. Why is in [`reason_count`](Self::reason_count) and the statistics.
    pub fn alloc(&self, len: usize) -> Result<HugeBlock<&Huge>> {
        HugeBlock::new(self, len)
    }

    /// A block of `len` bytes that reads as zero.
    ///
    /// # Errors
    ///
    /// As [`alloc`](Self::alloc).
    pub fn alloc_zeroed(&self, len: usize) -> Result<HugeBlock<&Huge>> {
        self.alloc_with(len, 0, AllocFlags::ZERO)
    }

    /// The general form: a block on a multiple of `alignment`, which is 0 (a page of its kind) or a power of two up to
    /// 1 GiB, with flags [`ZERO`](AllocFlags::ZERO) and [`NO_CACHE`](AllocFlags::NO_CACHE).
    ///
    /// # Errors
    ///
    /// As [`alloc`](Self::alloc); [`Invalid`](crate::ErrorKind::Invalid) for another alignment or flag.
    pub fn alloc_with(&self, len: usize, alignment: usize, flags: AllocFlags) -> Result<HugeBlock<&Huge>> {
        HugeBlock::with(self, len, alignment, flags)
    }

    /// A raw block of at least `size` bytes, as [`alloc_with`](Self::alloc_with), and what it stands on.
    ///
    /// # Errors
    ///
    /// As [`alloc_with`](Self::alloc_with).
    pub fn allocx(&self, size: usize, alignment: usize, flags: AllocFlags) -> Result<(NonNull<u8>, Backing)> {
        let mut backing = 0;
        // SAFETY: the handle is live and `backing` is writable.
        let p = unsafe { sys::akit_huge_alloc(self.as_raw(), size, alignment, flags.as_raw(), &mut backing) };
        Ok((got(p)?, Backing::from_raw(backing).unwrap_or(Backing::Base)))
    }

    /// Frees a raw block; any thread may do it.
    ///
    /// # Safety
    ///
    /// `p` came from this handle, is out, and is used no more.
    ///
    /// # Errors
    ///
    /// None in a program without misuse, which is [`NotFound`](crate::ErrorKind::NotFound) for what is not the start of
    /// a block of this handle and [`Invalid`](crate::ErrorKind::Invalid) for one that is not out; then nothing changes.
    pub unsafe fn free(&self, p: NonNull<u8>) -> Result<()> {
        // SAFETY: the handle is live; the caller vouches for `p`.
        check(unsafe { sys::akit_huge_free(self.as_raw(), void(p)) }).map(drop)
    }

    /// How often a page kind of the policy could not be had for this reason. One request may count several times: giant
    /// pages, huge pages, transparent huge pages.
    ///
    /// # Errors
    ///
    /// None in a program without misuse.
    pub fn reason_count(&self, reason: Reason) -> Result<u64> {
        // SAFETY: the handle is live.
        check_figure(unsafe { sys::akit_huge_reason_count(self.as_raw(), reason.as_raw()) })
    }
}

/// What the system offers, whoever asks. Each call reads files of the system, which takes about 0.1 ms.
impl Huge {
    /// Page sizes, and how many huge pages there are.
    ///
    /// # Errors
    ///
    /// None.
    pub fn system() -> Result<HugeSystem> {
        // SAFETY: `system_by` gives a struct as large as it says.
        system_by(|out| unsafe { sys::akit_huge_system_get(out) })
    }

    /// The same of one NUMA node: the numbers of pages are those of the node.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) for a node that does not exist.
    pub fn system_node(node: u32) -> Result<HugeSystem> {
        // SAFETY: `system_by` gives a struct as large as it says.
        system_by(|out| unsafe { sys::akit_huge_system_node_get(node, out) })
    }

    /// The same as text for people: a line per page size and node, and the commands that reserve more.
    ///
    /// # Errors
    ///
    /// None.
    pub fn system_text() -> Result<String> {
        // SAFETY: `text` gives a buffer of the size it says.
        stats::text(|buffer, size, need| unsafe { sys::akit_huge_system_text(buffer, size, need) })
    }
}

fn system_by(get: impl Fn(&mut HugeSystem) -> core::ffi::c_int) -> Result<HugeSystem> {
    let mut out = HugeSystem::default();
    out.struct_size = size_of::<HugeSystem>() as u64;
    check(get(&mut out))?;
    Ok(out)
}
