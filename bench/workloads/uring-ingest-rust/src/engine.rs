//! How chunks are read.

use io_uring::{opcode, types, IoUring};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

/// A read that has ended; `result` is as of `read(2)`.
pub struct Done {
    pub id: u64,
    pub result: i32,
}

pub trait Engine {
    /// Queues a read.
    ///
    /// # Safety
    ///
    /// The memory is valid, and nobody's else, until `wait` has told of the read.
    unsafe fn read(&mut self, file: &File, p: *mut u8, length: usize, offset: u64, id: u64);
    /// Waits for at least one, and tells of all that have ended.
    fn wait(&mut self, done: &mut Vec<Done>);
}

/// The crate's ring. `slot` says where memory is registered.
pub struct Ring<'a, F: Fn(*const u8, usize) -> Option<u16>> {
    pub ring: &'a mut IoUring,
    pub slot: F,
}

/// Flags that an older kernel does not know are left out.
pub fn ring(entries: u32) -> IoUring {
    let mut wanted = IoUring::builder();
    wanted.setup_single_issuer().setup_defer_taskrun();
    wanted.build(entries).or_else(|_| IoUring::new(entries)).expect("io_uring")
}

impl<F: Fn(*const u8, usize) -> Option<u16>> Engine for Ring<'_, F> {
    unsafe fn read(&mut self, file: &File, p: *mut u8, length: usize, offset: u64, id: u64) {
        let fd = types::Fd(file.as_raw_fd());
        let entry = match (self.slot)(p, length) {
            Some(slot) => opcode::ReadFixed::new(fd, p, length as u32, slot).offset(offset).build(),
            None => opcode::Read::new(fd, p, length as u32).offset(offset).build(),
        };
        // SAFETY: promised by the caller; files stay open while reads are in flight.
        unsafe { self.ring.submission().push(&entry.user_data(id)).expect("room in the queue") }
    }

    fn wait(&mut self, done: &mut Vec<Done>) {
        self.ring.submit_and_wait(1).expect("submit");
        done.extend(self.ring.completion().map(|entry| Done { id: entry.user_data(), result: entry.result() }));
    }
}

/// No ring: a read is done when it is queued.
#[derive(Default)]
pub struct Pread(Vec<Done>);

impl Engine for Pread {
    unsafe fn read(&mut self, file: &File, p: *mut u8, length: usize, offset: u64, id: u64) {
        // SAFETY: promised by the caller; the file is read into it before anyone looks at it.
        let buffer = unsafe { std::slice::from_raw_parts_mut(p, length) };
        let read = file.read_at(buffer, offset).expect("a read");
        self.0.push(Done { id, result: read as i32 });
    }

    fn wait(&mut self, done: &mut Vec<Done>) {
        done.append(&mut self.0);
    }
}
