//! Requests of the crate `io-uring` that use fixed buffers where the memory is registered.

use crate::uring::{Group, Uring};
use io_uring::{opcode, squeue, types};

/// Requests of the crate `io-uring`. Pushing one is `unsafe`: the memory must not be touched, nor dropped, before its
/// completion.
impl Uring {
    /// A read of `buffer.len()` bytes into `buffer`, fixed where that is registered, from `offset` of the file; `u64::MAX`:
    /// from the file's position.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # if allockit::Uring::probe()?.available == 0 { return Ok(()); }
    /// let mut io = io_uring::IoUring::new(8)?;
    /// let registered = allockit::Uring::builder().create_table(true).create(&io)?;
    /// let pool = allockit::Pool::new()?;
    /// let mut buffer = pool.get(1000)?;
    /// registered.add_pool(&pool)?;
    /// let _ = registered.sync(); // a refusal costs speed, nothing else
    ///
    /// let zeroes = std::fs::File::open("/dev/zero")?;
    /// let fd = io_uring::types::Fd(std::os::fd::AsRawFd::as_raw_fd(&zeroes));
    /// let read = registered.prep_read(fd, &mut buffer, 0).user_data(1);
    /// // SAFETY: `buffer` lives, and is not touched, until the completion.
    /// unsafe { io.submission().push(&read)? };
    /// io.submit_and_wait(1)?;
    /// assert_eq!(io.completion().next().map(|event| event.result()), Some(1000));
    /// # Ok(())
    /// # }
    /// ```
    pub fn prep_read(&self, fd: types::Fd, buffer: &mut [u8], offset: u64) -> squeue::Entry {
        let (p, len) = (buffer.as_mut_ptr(), length(buffer));
        match self.lookup(buffer) {
            Some(slot) => opcode::ReadFixed::new(fd, p, len, slot.index()).offset(offset).build(),
            None => opcode::Read::new(fd, p, len).offset(offset).build(),
        }
    }

    /// A write of `bytes`, fixed where they are registered, at `offset` of the file; `u64::MAX`: at the file's position.
    pub fn prep_write(&self, fd: types::Fd, bytes: &[u8], offset: u64) -> squeue::Entry {
        let (p, len) = (bytes.as_ptr(), length(bytes));
        match self.lookup(bytes) {
            Some(slot) => opcode::WriteFixed::new(fd, p, len, slot.index()).offset(offset).build(),
            None => opcode::Write::new(fd, p, len).offset(offset).build(),
        }
    }
}

/// Requests of the crate `io-uring`.
impl Group {
    /// A receive that goes on, into buffers of this group: each completion is for [`take`](Self::take), and one without
    /// `IORING_CQE_F_MORE` is the last.
    pub fn prep_recv(&self, fd: types::Fd) -> squeue::Entry {
        opcode::RecvMulti::new(fd, self.group_id()).build()
    }
}

/// One request moves no more than this, as read(2).
fn length(bytes: &[u8]) -> u32 {
    bytes.len().min(0x7fff_f000) as u32
}
