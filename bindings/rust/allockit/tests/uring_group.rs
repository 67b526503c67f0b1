//! Groups of provided buffers, in an io_uring of the crate `io-uring`.
//! Where the system does not allow io_uring, these tests only say so.

#[macro_use]
mod common;

use allockit::{ErrorKind, Group, GroupBuf, Pool};
use common::{attach, pattern};
use io_uring::{opcode, types, IoUring};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

#[test]
fn groups_receive() {
    let mut io = io_uring!();
    let registered = attach(&io);
    let pool = Pool::new().unwrap();
    let group = match Group::builder().group_id(3).buffer_bytes(2048).entries(8).create(&registered, &pool) {
        Ok(group) => Arc::new(group),
        Err(error) => return eprintln!("skipped: no groups: {error}"),
    };
    assert_eq!(group.refill(), Ok(8));
    assert_eq!((group.group_id(), pool.stats().unwrap().out_buffers), (3, 8));

    let (mut writer, reader) = UnixStream::pair().unwrap();
    let fd = types::Fd(reader.as_raw_fd());
    let total = 100_000;
    let sender = std::thread::spawn(move || {
        let bytes: Vec<u8> = (0..total).map(pattern).collect();
        bytes.chunks(700).for_each(|chunk| writer.write_all(chunk).unwrap());
    });
    let (mut received, mut armed, mut dry) = (0, false, 0);
    let mut kept = Vec::new();
    while received < total {
        if !armed {
            // SAFETY: the group outlives the request.
            unsafe { io.submission().push(&opcode::RecvMulti::new(fd, group.group_id()).build()) }.unwrap();
            armed = true;
        }
        io.submit_and_wait(1).unwrap();
        for event in io.completion() {
            armed = io_uring::cqueue::more(event.flags());
            // SAFETY: a completion of the only request, told once.
            match unsafe { GroupBuf::take(group.clone(), event.result(), event.flags()) } {
                Ok(Some(buffer)) => {
                    assert!(buffer.iter().enumerate().all(|(i, byte)| *byte == pattern(received + i)));
                    received += buffer.len();
                    if kept.len() < 2 {
                        kept.push(buffer);
                    }
                }
                Ok(None) => assert_eq!(event.result(), 0),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Exhausted);
                    dry += 1;
                }
            }
        }
        group.refill().unwrap();
    }
    sender.join().unwrap();
    let stats = group.stats().unwrap();
    assert_eq!((stats.buffers_out, stats.enobufs_total, stats.misuses_total), (2, dry, 0));
    std::thread::spawn(move || drop(kept)).join().unwrap();
    assert_eq!(group.stats().unwrap().buffers_out, 0);
    Arc::into_inner(group).unwrap().destroy().unwrap();
    assert_eq!(pool.stats().unwrap().out_buffers, 0);
}

#[test]
fn completions_that_cannot_be() {
    let io = io_uring!();
    let registered = attach(&io);
    let pool = Pool::new().unwrap();
    let Ok(group) = registered.group(&pool) else { return eprintln!("skipped: no groups") };
    // SAFETY: completions that bring no buffer, and one that cannot be, which is what this is about.
    unsafe {
        assert!(group.take(0, 0).unwrap().is_none());
        assert_eq!(group.take(-2, 0).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(group.take(-105, 0).unwrap_err().kind(), ErrorKind::Exhausted);
        assert_eq!(group.take(10, 1).unwrap_err().kind(), ErrorKind::Invalid);
    }
    let stats = group.stats().unwrap();
    assert_eq!((stats.enobufs_total, stats.taken_total, stats.misuses_total), (1, 0, 1));
    for refused in [
        Group::builder().entries(3).create(&registered, &pool).map(drop),
        Group::builder().entries(8).window_min(9).create(&registered, &pool).map(drop),
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid);
    }
    let again = registered.group(&pool).unwrap_err();
    assert_eq!(again.errno(), 17); // EEXIST
    let large = Group::builder().group_id(1).buffer_bytes(1 << 20).create(&registered, &pool);
    assert_eq!(large.unwrap_err().kind(), ErrorKind::TooLarge);
}
