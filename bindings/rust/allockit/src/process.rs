//! What concerns all handles of the process at once: maintenance, misuse, reports.

use crate::error::{check, Error, ErrorKind, Result};
use crate::modes::{Feature, Kind, MisuseMode, Purge};
use crate::stats::{self, BlockInfo, ProcessStats};
use allockit_sys as sys;
use core::ffi::{c_int, c_void, CStr};
use core::mem::size_of;
use core::ptr::null_mut;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Version of the library in use, as major, minor and patch.
pub fn version() -> (u32, u32, u32) {
    // SAFETY: no arguments.
    let version = unsafe { sys::akit_version() };
    (version >> 16, version >> 8 & 0xff, version & 0xff)
}

/// Version of the library in use as text.
pub fn version_string() -> &'static str {
    // SAFETY: the answer is static text.
    let text = unsafe { CStr::from_ptr(sys::akit_version_string()) };
    text.to_str().unwrap_or("")
}

/// Whether the library was built with a part.
pub fn feature(feature: Feature) -> bool {
    // SAFETY: any value may be asked about.
    unsafe { sys::akit_feature(feature.as_raw()) == 0 }
}

/// Gives back what is due, in this thread, and says after what time more will be; `None` when nothing is cached.
///
/// For hosts with a loop of their own, in place of a [`PurgeThread`].
///
/// # Errors
///
/// None.
pub fn maintain() -> Result<Option<Duration>> {
    let mut next_ns = 0;
    // SAFETY: `next_ns` is writable.
    check(unsafe { sys::akit_maintain(&mut next_ns) })?;
    Ok((next_ns != crate::NONE).then(|| Duration::from_nanos(next_ns)))
}

/// Gives the idle memory of every handle and of the process cache back to the system and says how many bytes.
///
/// # Errors
///
/// None.
pub fn purge(what: Purge) -> Result<u64> {
    let mut bytes = 0;
    // SAFETY: `bytes` is writable.
    check(unsafe { sys::akit_purge(what.as_raw(), &mut bytes) })?;
    Ok(bytes)
}

/// Hands over what this thread keeps in its caches, because it will be idle. Never necessary.
///
/// # Errors
///
/// None.
pub fn thread_flush() -> Result<()> {
    // SAFETY: no flags.
    check(unsafe { sys::akit_thread_flush(0) }).map(drop)
}

/// Sets the budget in bytes of the cache through which handles recycle their memory; 0 is the default of 32 MiB,
/// [`NONE`](crate::NONE) no bound.
///
/// # Errors
///
/// None.
pub fn cache_limit(bytes: u64) -> Result<()> {
    // SAFETY: any value may be given.
    check(unsafe { sys::akit_cache_limit(bytes) }).map(drop)
}

/// The purge thread, which runs while at least one of these exists.
///
/// With it idle memory goes back within its decay time with no call from the program. There is one thread per copy of
/// the library, however many guards there are; it does not survive fork.
///
/// ```
/// let running = allockit::process::PurgeThread::start()?;
/// assert_eq!(allockit::process::stats()?.purge_thread_running, 1);
/// drop(running);
/// assert_eq!(allockit::process::stats()?.purge_thread_running, 0);
/// # Ok::<(), allockit::Error>(())
/// ```
#[derive(Debug)]
pub struct PurgeThread(());

static PURGE_THREADS: Mutex<usize> = Mutex::new(0);

impl PurgeThread {
    /// Starts the thread, or joins in when it runs.
    ///
    /// # Errors
    ///
    /// Errno EAGAIN or ENOMEM when it cannot be started.
    pub fn start() -> Result<Self> {
        let mut guards = PURGE_THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        if *guards == 0 {
            // SAFETY: no pointers.
            check(unsafe { sys::akit_purge_thread(1) })?;
        }
        *guards += 1;
        Ok(PurgeThread(()))
    }
}

impl Drop for PurgeThread {
    fn drop(&mut self) {
        let mut guards = PURGE_THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        *guards -= 1;
        if *guards == 0 {
            // SAFETY: no pointers.
            unsafe { sys::akit_purge_thread(0) };
        }
    }
}

/// Sets what happens at misuse, for the whole process.
///
/// # Errors
///
/// None.
pub fn misuse_mode(mode: MisuseMode) -> Result<()> {
    // SAFETY: no pointers.
    check(unsafe { sys::akit_misuse_mode(mode.as_raw()) }).map(drop)
}

/// Told of a misuse: what was wrong, the id of the handle or 0, and the pointer in question, not to be read through.
pub type MisuseHandler = fn(error: Error, handle_id: u64, p: *const u8);

/// Installs a function that is told of misuse instead of the line on standard error; `None` brings the line back.
///
/// It runs inside the call that was wrong and must neither call this library, which includes allocating in a program
/// on [`GlobalHeap`](crate::GlobalHeap), nor panic: a panic aborts the process.
///
/// # Errors
///
/// None.
pub fn misuse_handler(handler: Option<MisuseHandler>) -> Result<()> {
    extern "C" fn call(user: *mut c_void, error: c_int, handle_id: u64, p: *const c_void) {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                std::process::abort();
            }
        }
        let bomb = Bomb;
        // SAFETY: `user` is the function pointer given below.
        let handler = unsafe { core::mem::transmute::<*mut c_void, MisuseHandler>(user) };
        handler(Error::from_errno(error), handle_id, p.cast());
        core::mem::forget(bomb);
    }
    let (function, user): (Option<sys::MisuseFn>, _) = match handler {
        Some(handler) => (Some(call), handler as *mut c_void),
        None => (None, null_mut()),
    };
    // SAFETY: the function takes what the library gives, and its user pointer is valid for ever.
    check(unsafe { sys::akit_misuse_handler(function, user) }).map(drop)
}

/// Which handle and block an address belongs to; `None` when it is not ours. The memory is not touched.
pub fn inspect(p: *const u8) -> Option<BlockInfo> {
    let mut out = BlockInfo::default();
    out.struct_size = size_of::<BlockInfo>() as u64;
    // SAFETY: any address may be asked about, and `out` is as large as it says.
    check(unsafe { sys::akit_inspect(p.cast(), &mut out) }).ok()?;
    Some(out)
}

/// Statistics of this copy of the library.
///
/// # Errors
///
/// None.
pub fn stats() -> Result<ProcessStats> {
    let mut out = ProcessStats::default();
    out.struct_size = size_of::<ProcessStats>() as u64;
    // SAFETY: `out` is as large as it says.
    check(unsafe { sys::akit_process_stats_get(&mut out) })?;
    Ok(out)
}

/// Statistics of the process and of all handles as JSON; keys are the names of the fields.
///
/// # Errors
///
/// None.
pub fn stats_json() -> Result<String> {
    stats::json(stats::ALL)
}

/// Statistics of the process and of all handles as OpenMetrics text.
///
/// # Errors
///
/// None.
pub fn stats_openmetrics() -> Result<String> {
    stats::openmetrics(stats::ALL)
}

/// Ids and kinds of the handles that are alive, in the order of creation; a kind this crate does not know is `None`.
pub fn handles() -> impl Iterator<Item = (u64, Option<Kind>)> {
    let mut id = 0;
    core::iter::from_fn(move || {
        let mut kind = 0;
        // SAFETY: both are writable.
        match check(unsafe { sys::akit_handle_next(&mut id, &mut kind) }) {
            Ok(_) => Some((id, Kind::from_raw(kind))),
            Err(error) => {
                debug_assert_eq!(error.kind(), ErrorKind::NotFound);
                None
            }
        }
    })
    .fuse()
}
