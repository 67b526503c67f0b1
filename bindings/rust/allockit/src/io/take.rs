//! Sending requests, and taking their events.

use crate::error::{check, Result};
use crate::io::requests::Held;
use crate::io::{Io, IoEvent, IoItem, Request};
use crate::uring::GroupBuf;
use allockit_sys as sys;
use core::ptr::{null_mut, NonNull};
use core::time::Duration;
use std::os::fd::{FromRawFd, OwnedFd};

/// Events.
impl Io {
    /// Sends what is queued, refills the groups, and waits until `wait_for` events can be taken, or as many as can still
    /// come, for at most `timeout` if there is one. Says how many can be taken.
    ///
    /// # Errors
    ///
    /// Errno EINTR when a signal came and there is no event; [`Busy`](crate::ErrorKind::Busy) when events must be taken
    /// first; errno EAGAIN when the kernel has no memory for more requests now; errno EEXIST on another thread than the
    /// handle's own; [`Invalid`](crate::ErrorKind::Invalid) for `wait_for` above twice the entries.
    pub fn submit(&mut self, wait_for: u32, timeout: Option<Duration>) -> Result<usize> {
        let ns = timeout.map_or(sys::AKIT_NONE, |time| u64::try_from(time.as_nanos()).unwrap_or(sys::AKIT_NONE));
        // SAFETY: the handle is live.
        check(unsafe { sys::akit_io_submit(self.as_raw(), wait_for, ns) }).map(|n| n as usize)
    }

    /// Takes the oldest event, if there is one. It does not wait, and does not enter the kernel.
    pub fn take(&mut self) -> Option<IoEvent> {
        loop {
            let mut event =
                sys::akit_io_event { user_data: 0, res: 0, flags: 0, buffer: null_mut(), group: null_mut() };
            // SAFETY: the handle is live, and `event` has room for one.
            if unsafe { sys::akit_io_take(self.as_raw(), &mut event, 1) } == 0 {
                return None;
            }
            // An event of a request that was made with the C handle is not ours to tell.
            if let Some(event) = self.event(&event) {
                return Some(event);
            }
        }
    }

    /// Takes events until there are none.
    pub fn events(&mut self) -> impl Iterator<Item = IoEvent> + '_ {
        core::iter::from_fn(|| self.take())
    }

    fn event(&mut self, event: &sys::akit_io_event) -> Option<IoEvent> {
        let more = event.flags & sys::AKIT_IO_EVENT_MORE != 0;
        let result = check(event.res).map(|n| n as usize);
        let entry = self.requests.get(event.user_data)?;
        let user_data = entry.user_data;
        let mut item = match &entry.held {
            // SAFETY: a buffer with that many bytes, taken just now from the group that this request named.
            Held::Group(group) => NonNull::new(event.buffer).map_or(IoItem::Nothing, |p| unsafe {
                let bytes = NonNull::slice_from_raw_parts(p.cast(), event.res as usize);
                IoItem::Received(GroupBuf::from_raw(bytes, group.clone()))
            }),
            // SAFETY: a descriptor that was made just now and belongs to nobody else.
            Held::Accept if event.res >= 0 => IoItem::Accepted(unsafe { OwnedFd::from_raw_fd(event.res) }),
            _ => IoItem::Nothing,
        };
        if !more {
            item = match self.requests.remove(event.user_data)?.held {
                Held::Filled(mut buffer) => {
                    buffer.truncate(result.unwrap_or(0));
                    IoItem::Buffer(buffer)
                }
                Held::Sent(buffer) => IoItem::Buffer(buffer),
                _ => item,
            };
        }
        let fixed = event.flags & sys::AKIT_IO_EVENT_FIXED != 0;
        Some(IoEvent { user_data, request: Request::from_key(event.user_data), result, more, fixed, item })
    }
}
