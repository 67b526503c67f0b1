//! What the tests of registrations share.

use allockit::Uring;
use io_uring::IoUring;

/// An io_uring, or the reason on standard error and the end of the test.
macro_rules! io_uring {
    () => {
        match IoUring::new(8) {
            Ok(io) => io,
            Err(error) => return eprintln!("skipped: no io_uring: {error}"),
        }
    };
}

pub fn attach(io: &IoUring) -> Uring {
    Uring::builder().name("test").create_table(true).slot_count(16).create(io).unwrap()
}

pub fn pattern(i: usize) -> u8 {
    (i * 7 + i / 256) as u8
}
