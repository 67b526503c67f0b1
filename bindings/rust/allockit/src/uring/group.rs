//! Groups of provided buffers.

use crate::error::{check, Result};
use crate::owner::Owner;
use crate::stats::GroupStats;
use crate::tiered::void;
use crate::uring::GroupConfig;
use allockit_sys as sys;
use core::fmt;
use core::mem::{size_of, ManuallyDrop};
use core::ops::{Deref, DerefMut};
use core::ptr::{null_mut, NonNull};

/// A ring of provided buffers, filled from a class of a [`Pool`](crate::Pool): the kernel picks a buffer when data
/// arrives, so idle connections hold none.
///
/// [`refill`](Self::refill) once for all completions of a turn of the loop publishes buffers; [`take`](Self::take) gives
/// the buffer of a completion as [`GroupBuf`], which goes back when it is dropped, in any thread. A group that runs dry is
/// a counted state: refill, and send the request again when that has published something.
///
/// Making and dropping a group belongs to the io_uring's own thread. On another one, for an io_uring with a single issuer,
/// what the kernel has stays with it.
///
/// Whoever pushes a request that names the group promises that the group lives until the request's last completion.
///
/// A buffer that borrows the group cannot outlive it:
///
/// ```compile_fail,E0505
/// fn keep(group: allockit::Group) {
///     // SAFETY: never called.
///     let buffer = unsafe { group.take(10, 1) };
///     drop(group);
///     println!("{buffer:?}");
/// }
/// ```
pub struct Group {
    raw: NonNull<sys::akit_uring_group>,
    /// Id of the registration it was made with.
    uring: u64,
    group_id: u16,
}

// SAFETY: calls on the wrong thread are refused, by the library or by the kernel.
unsafe impl Send for Group {}
// SAFETY: as above, and every call but destroy may be made by any number of threads.
unsafe impl Sync for Group {}

impl Group {
    /// A configuration to fill in; end it with its `create`.
    pub fn builder() -> GroupConfig {
        GroupConfig::new()
    }

    /// Takes over a handle made through the C interface; `None` for NULL. `Io` takes none of these.
    ///
    /// # Safety
    ///
    /// `raw` is NULL or a live handle that nobody else will destroy.
    pub unsafe fn from_raw(raw: *mut sys::akit_uring_group) -> Option<Self> {
        // SAFETY: promised by the caller; no registration has the id 0.
        let mut group = unsafe { Group::new(raw, 0, 0) }?;
        group.group_id = group.stats().map_or(0, |stats| stats.group_id as u16);
        Some(group)
    }

    /// # Safety
    ///
    /// `raw` is NULL or a live handle that nobody else will destroy, of that registration and with that id.
    pub(crate) unsafe fn new(raw: *mut sys::akit_uring_group, uring: u64, group_id: u16) -> Option<Self> {
        NonNull::new(raw).map(|raw| Group { raw, uring, group_id })
    }

    /// The C handle, borrowed.
    pub fn as_raw(&self) -> *mut sys::akit_uring_group {
        self.raw.as_ptr()
    }

    /// Gives the C handle away; whoever gets it destroys it.
    pub fn into_raw(self) -> *mut sys::akit_uring_group {
        ManuallyDrop::new(self).as_raw()
    }

    /// `buf_group` of the requests.
    pub fn group_id(&self) -> u16 {
        self.group_id
    }

    /// Publishes buffers until the kernel has as many as the window is wide, and says how many.
    ///
    /// # Errors
    ///
    /// As [`Pool::get`](crate::Pool::get), when the kernel has none and none could be had.
    pub fn refill(&self) -> Result<usize> {
        // SAFETY: the handle is live.
        check(unsafe { sys::akit_uring_group_refill(self.as_raw()) }).map(|n| n as usize)
    }

    /// The buffer of a completion, if it brought one, with as many bytes as arrived: `result` and `flags` as of
    /// `io_uring::cqueue::Entry`. [`GroupBuf::take`] is the same for buffers that own a share of the group.
    ///
    /// # Safety
    ///
    /// The completion is one of a request that named this group in the io_uring of its registration. Each is told once,
    /// in the order they came: later its buffer belongs to the kernel again.
    ///
    /// # Errors
    ///
    /// The completion's own; [`Exhausted`](crate::ErrorKind::Exhausted) when it found the group dry;
    /// [`Invalid`](crate::ErrorKind::Invalid) for a completion that cannot be.
    pub unsafe fn take(&self, result: i32, flags: u32) -> Result<Option<GroupBuf<&Group>>> {
        // SAFETY: promised by the caller.
        unsafe { GroupBuf::take(self, result, flags) }
    }

    /// Statistics now.
    ///
    /// # Errors
    ///
    /// None in a program without misuse.
    pub fn stats(&self) -> Result<GroupStats> {
        let mut out = GroupStats::default();
        out.struct_size = size_of::<GroupStats>() as u64;
        // SAFETY: the handle is live, and `out` is as large as it says.
        check(unsafe { sys::akit_uring_group_stats_get(self.as_raw(), &mut out) })?;
        Ok(out)
    }

    /// Ends the group: requests that name it find it dry from then on. As dropping it, but says how it went.
    ///
    /// # Errors
    ///
    /// Errno EEXIST on another thread than the io_uring's own, and other refusals of the kernel. The handle is consumed in
    /// any case; what could not be given up stays with the kernel.
    pub fn destroy(self) -> Result<()> {
        // SAFETY: the handle is live, and `self` was its owner.
        check(unsafe { sys::akit_uring_group_destroy(self.into_raw(), 0) }).map(drop)
    }

    /// Ends the group of an io_uring that is closed, from any thread.
    ///
    /// # Safety
    ///
    /// The io_uring is closed, and its requests have ended: the kernel uses no buffer of the group any more.
    ///
    /// # Errors
    ///
    /// None in a program without misuse; the handle is consumed in any case.
    pub unsafe fn destroy_now(self) -> Result<()> {
        // SAFETY: the handle is live, and `self` was its owner; the caller vouches for the kernel.
        check(unsafe { sys::akit_uring_group_destroy(self.into_raw(), sys::AKIT_DESTROY_NOW) }).map(drop)
    }

    #[cfg(feature = "io")]
    pub(crate) fn is_of(&self, uring: &crate::uring::Uring) -> bool {
        self.uring == uring.id()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // SAFETY: the handle is live and we are its owner. What is refused stays with the kernel.
        unsafe { sys::akit_uring_group_destroy(self.as_raw(), 0) };
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("group_id", &self.group_id).field("uring", &self.uring).finish_non_exhaustive()
    }
}

/// A buffer that a [`Group`] gave to a completion: a slice of the bytes that arrived, put back when it is dropped, in any
/// thread.
///
/// `G` holds the group: `&Group` as from [`Group::take`], or `Arc<Group>` as given to [`GroupBuf::take`]. The last `Arc`
/// ends the group wherever it is dropped, so keep one on the io_uring's own thread.
pub struct GroupBuf<G: Owner<Group>> {
    p: NonNull<u8>,
    len: usize,
    group: G,
}

// SAFETY: the buffer is ours alone, and any thread may put it back.
unsafe impl<G: Owner<Group> + Send> Send for GroupBuf<G> {}
// SAFETY: a shared buffer can only be read.
unsafe impl<G: Owner<Group> + Sync> Sync for GroupBuf<G> {}

impl<G: Owner<Group>> GroupBuf<G> {
    /// The buffer of a completion, as [`Group::take`].
    ///
    /// # Safety
    ///
    /// As [`Group::take`].
    ///
    /// # Errors
    ///
    /// As [`Group::take`].
    pub unsafe fn take(group: G, result: i32, flags: u32) -> Result<Option<Self>> {
        let (mut p, mut len) = (null_mut(), 0);
        // SAFETY: the handle is live and both are writable; the caller vouches for the completion.
        let taken = check(unsafe { sys::akit_uring_group_take(group.as_raw(), result, flags, &mut p, &mut len) })?;
        let buffer = NonNull::new(p.cast()).filter(|_| taken == 1);
        // SAFETY: with 1 the buffer has just been handed over to us.
        Ok(buffer.map(|p| unsafe { GroupBuf::from_raw(NonNull::slice_from_raw_parts(p, len), group) }))
    }

    /// Takes over a buffer given away by [`into_raw`](Self::into_raw).
    ///
    /// # Safety
    ///
    /// `buffer` was taken from the group, has at least that many bytes, and is used by nobody else.
    pub unsafe fn from_raw(buffer: NonNull<[u8]>, group: G) -> Self {
        GroupBuf { p: buffer.cast(), len: buffer.len(), group }
    }

    /// Gives the buffer away, and what held its group.
    pub fn into_raw(self) -> (NonNull<[u8]>, G) {
        let buffer = ManuallyDrop::new(self);
        // SAFETY: read once, as the buffer is not dropped.
        (NonNull::slice_from_raw_parts(buffer.p, buffer.len), unsafe { core::ptr::read(&buffer.group) })
    }

    /// Puts the buffer back. As dropping it, but says how it went.
    ///
    /// # Errors
    ///
    /// None in a program without misuse.
    pub fn put_back(self) -> Result<()> {
        let (buffer, group) = self.into_raw();
        // SAFETY: the buffer was ours and is used no more.
        check(unsafe { sys::akit_uring_group_put(group.as_raw(), void(buffer.cast())) }).map(drop)
    }
}

impl<G: Owner<Group>> Drop for GroupBuf<G> {
    fn drop(&mut self) {
        // SAFETY: the buffer is ours and used no more. Nothing can be done about an error, which only misuse makes.
        unsafe { sys::akit_uring_group_put(self.group.as_raw(), void(self.p)) };
    }
}

impl<G: Owner<Group>> Deref for GroupBuf<G> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the kernel has filled that many bytes, and the buffer is ours.
        unsafe { core::slice::from_raw_parts(self.p.as_ptr(), self.len) }
    }
}

impl<G: Owner<Group>> DerefMut for GroupBuf<G> {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`, and nobody else has a reference.
        unsafe { core::slice::from_raw_parts_mut(self.p.as_ptr(), self.len) }
    }
}

impl<G: Owner<Group>> AsRef<[u8]> for GroupBuf<G> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<G: Owner<Group>> AsMut<[u8]> for GroupBuf<G> {
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

#[cfg(feature = "bytes")]
impl<G: Owner<Group> + Send + 'static> From<GroupBuf<G>> for bytes::Bytes {
    fn from(buffer: GroupBuf<G>) -> Self {
        bytes::Bytes::from_owner(buffer)
    }
}

impl<G: Owner<Group>> fmt::Debug for GroupBuf<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupBuf").field("p", &self.p).field("len", &self.len).finish_non_exhaustive()
    }
}
