//! The small io_uring: requests own their buffers, whatever happens to everybody else's handles.
//! Where the system does not allow io_uring, these tests only say so.
#![cfg(feature = "io")]

use allockit::{Error, ErrorKind, Group, Io, IoBuf, IoChoice, IoItem, Pool, PooledBuf, Ring, SharedSlice, Slice};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

/// A handle, or the reason on standard error and the end of the test.
macro_rules! io {
    ($config:expr) => {
        match $config.create() {
            Ok(io) => io,
            Err(error) => return eprintln!("skipped: no io_uring: {error}"),
        }
    };
    () => {
        io!(Io::builder())
    };
}

fn pattern(i: usize) -> u8 {
    (i * 7 + i / 256) as u8
}

fn file(len: usize) -> File {
    let path = std::env::temp_dir().join(format!("allockit-rust-io-{}-{len}", std::process::id()));
    let mut file = File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    file.write_all(&(0..len).map(pattern).collect::<Vec<u8>>()).unwrap();
    file.rewind().unwrap();
    file
}

#[test]
fn reads_and_writes_with_any_buffer() {
    let mut io = io!(Io::builder().name("files").entries(8));
    let (pool, ring) = (Pool::new().unwrap(), Ring::new().unwrap());
    io.registration().add_pool(&pool).unwrap();
    io.registration().add_ring(&ring).unwrap();
    let pooled = pool.get(5000).unwrap();
    let fixed = io.registration().sync().is_ok();

    let input = file(20_000);
    io.read(&input, pooled, Some(0), 0).unwrap();
    io.read(&input, ring.acquire(5000).unwrap(), Some(5000), 1).unwrap();
    io.read(&input, vec![0u8; 5000], Some(10_000), 2).unwrap();
    io.read(&input, vec![0u8; 9999], Some(15_000), 3).unwrap();
    assert!(io.submit(4, None).unwrap() >= 4);
    let mut buffers: Vec<IoBuf> = Vec::new();
    let mut events: Vec<_> = io.events().collect();
    events.sort_by_key(|event| event.user_data);
    for event in events {
        assert_eq!(event.result, Ok(5000));
        assert!(!event.more && event.fixed == (fixed && event.user_data < 2));
        let buffer = event.item.into_buffer().unwrap();
        let start = event.user_data as usize * 5000;
        assert!(buffer.iter().enumerate().all(|(i, byte)| *byte == pattern(start + i)));
        assert_eq!(buffer.len(), 5000);
        buffers.push(buffer);
    }
    let last = Vec::try_from(buffers.pop().unwrap()).unwrap();
    let third = PooledBuf::try_from(buffers.pop().unwrap()).unwrap_err(); // a vector
    let second: SharedSlice = Slice::try_from(buffers.pop().unwrap()).unwrap().freeze();
    let rejected = io.read(&input, second.clone(), Some(0), 0).unwrap_err();
    assert_eq!((rejected.error.kind(), rejected.buffer.len()), (ErrorKind::Invalid, 5000));

    let mut output = file(1);
    io.write(&output, buffers.pop().unwrap(), Some(0), 0).unwrap();
    io.write(&output, second.clone(), Some(5000), 0).unwrap();
    io.write(&output, third, Some(10_000), 0).unwrap();
    io.write(&output, last, Some(15_000), 0).unwrap();
    io.submit(4, None).unwrap();
    assert!(io.events().all(|event| event.result == Ok(5000) && event.item.into_buffer().unwrap().len() == 5000));
    let mut text = Vec::new();
    output.read_to_end(&mut text).unwrap();
    assert!(text.len() == 20_000 && text.iter().enumerate().all(|(i, byte)| *byte == pattern(i)));

    let stats = io.stats().unwrap();
    assert_eq!((stats.requests_total, stats.events_total, stats.in_flight), (8, 8, 0));
    assert_eq!(stats.fixed_total, if fixed { 4 } else { 0 });
    drop((io, second, rejected));
    assert_eq!((pool.stats().unwrap().out_buffers, ring.stats().unwrap().out_slices), (0, 0));
}

#[test]
fn memory_stays_until_the_kernel_is_done() {
    let mut io = io!();
    let ring = Ring::new().unwrap();
    let (writer, reader) = UnixStream::pair().unwrap();
    let request = io.read(&reader, ring.acquire(1000).unwrap(), None, 5).unwrap();
    assert_eq!(io.submit(1, Some(Duration::from_millis(1))).unwrap(), 0);
    assert!(io.take().is_none());
    assert_eq!(ring.stats().unwrap().out_slices, 1);

    io.cancel(request).unwrap();
    io.submit(1, None).unwrap();
    let event = io.take().unwrap();
    assert_eq!((event.request, event.result), (request, Err(Error::from_errno(125)))); // ECANCELED
    assert_eq!(event.item.into_buffer().unwrap().len(), 0);
    assert_eq!(io.cancel(request).unwrap_err().kind(), ErrorKind::NotFound);

    io.recv(&reader, ring.acquire(1000).unwrap(), 0, 6).unwrap();
    io.submit(0, None).unwrap();
    assert_eq!(ring.stats().unwrap().out_slices, 1);
    drop(io); // cancels, waits, and only then gives the slice back
    assert_eq!(ring.stats().unwrap().out_slices, 0);
    drop(writer);
}

#[test]
fn groups_and_connections() {
    let mut io = io!();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let accepting = io.accept(&listener, 0, 1).unwrap();
    io.submit(0, None).unwrap();
    let mut client = TcpStream::connect(address).unwrap();
    io.submit(1, None).unwrap();
    let event = io.take().unwrap();
    assert!(event.more && event.request == accepting);
    let server = event.item.into_accepted().expect("a connection");

    let pool = Pool::new().unwrap();
    let Ok(group) = Group::builder().entries(2).create(io.registration(), &pool) else {
        return eprintln!("skipped: no groups");
    };
    let group = Arc::new(group);
    io.recv_group(&server, &group, 0, 2).unwrap();
    const TOTAL: usize = 200_000;
    let sender = std::thread::spawn(move || {
        client.write_all(&(0..TOTAL).map(pattern).collect::<Vec<u8>>()).unwrap();
    });
    let mut received = 0;
    'all: loop {
        io.submit(1, None).unwrap();
        while let Some(event) = io.take() {
            match event.item {
                IoItem::Received(bytes) => {
                    assert_eq!((event.user_data, event.result), (2, Ok(bytes.len())));
                    assert!(bytes.iter().enumerate().all(|(i, byte)| *byte == pattern(received + i)));
                    received += bytes.len();
                }
                _ => {
                    assert_eq!((event.result, event.more), (Ok(0), false));
                    break 'all;
                }
            }
        }
    }
    sender.join().unwrap();
    assert_eq!(received, TOTAL);
    assert_eq!(Arc::strong_count(&group), 1);

    let other = io!();
    assert_eq!(
        other.registration().stats().unwrap().areas,
        0 // nothing of it is shared
    );
    let mut other = other;
    assert_eq!(other.recv_group(&server, &group, 0, 3).unwrap_err().kind(), ErrorKind::Invalid);
    drop(io);
    drop(group);
    assert_eq!(pool.stats().unwrap().out_buffers, 0);
}

#[test]
fn sends_and_receives() {
    let mut io = io!(Io::builder().single_issuer(IoChoice::Yes));
    let (left, right) = UnixStream::pair().unwrap();
    io.send(&left, b"ping".to_vec(), 0, 1).unwrap();
    io.recv(&right, vec![0; 100], 0, 2).unwrap();
    io.submit(2, None).unwrap();
    let mut seen = 0;
    for event in io.events() {
        assert_eq!(event.result, Ok(4));
        assert_eq!(&event.item.into_buffer().unwrap()[..], b"ping");
        seen += event.user_data;
    }
    assert_eq!(seen, 3);
    drop(right);
    io.send(&left, b"pong".to_vec(), 0, 1).unwrap();
    io.submit(1, None).unwrap();
    assert_eq!(io.take().unwrap().result, Err(Error::from_errno(32))); // EPIPE, and no signal
}

#[test]
fn a_handle_moves_between_threads() {
    let mut io = io!();
    let input = file(1000);
    io.read(&input, vec![0; 1000], Some(0), 1).unwrap();
    io.submit(1, None).unwrap();
    let event = std::thread::spawn(move || io.take()).join().unwrap().unwrap();
    assert_eq!(event.result, Ok(1000));
}

#[test]
fn configuration() {
    let io = io!(Io::builder().name("c.1").entries(100).slot_count(7));
    let config = io.config().unwrap();
    assert_eq!((config.name.as_deref(), config.entries, config.slot_count), (Some("c.1"), 128, 7));
    assert_eq!(config.single_issuer, IoChoice::No);
    for refused in [
        Io::builder().name("a/b"),
        Io::builder().entries(32769),
        Io::builder().slot_count(16385),
        Io::builder().defer_taskrun(IoChoice::Yes),
    ] {
        assert_eq!(refused.create().unwrap_err().kind(), ErrorKind::Invalid, "{refused:?}");
    }
}
