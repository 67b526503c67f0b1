//! Buffers of pools: length and capacity, and what the standard library does with them.

use allockit::{ErrorKind, Pool};
use std::collections::HashMap;
use std::io::Write;

#[test]
fn a_buffer_is_a_slice_of_the_length_asked_for() {
    let pool = Pool::new().unwrap();
    for (len, capacity) in [(0, 2048), (1, 2048), (2048, 2048), (2049, 4096), (40_000, 65536), (65536, 65536)] {
        let mut buffer = pool.get(len).unwrap();
        assert_eq!((buffer.len(), buffer.capacity()), (len, capacity));
        assert_eq!(buffer.as_ptr() as usize % 64, 0);
        assert_eq!(pool.capacity(buffer.as_ptr()), capacity);
        buffer.fill(7);
        assert!(buffer.iter().all(|byte| *byte == 7));
        buffer.as_mut().reverse();
        assert!(format!("{buffer:?}").contains("capacity"));
    }
    let stats = pool.stats().unwrap();
    assert_eq!((stats.used_bytes, stats.allocs_total, stats.frees_total, stats.misuses_total), (0, 6, 6, 0));
}

#[test]
fn lengths_above_the_largest_class_get_memory_of_their_own() {
    let pool = Pool::new().unwrap();
    let mut buffer = pool.get(1_000_000).unwrap();
    assert!(buffer.capacity() >= 1_000_000);
    let last = buffer.capacity() - 1;
    buffer.set_len(last + 1).unwrap();
    buffer[last] = 1;
    drop(buffer);
    let stats = pool.stats().unwrap();
    assert_eq!((stats.oversize_total, stats.cached_bytes, stats.used_bytes), (1, 0, 0));
}

#[test]
fn the_length_stays_within_the_capacity() {
    let pool = Pool::new().unwrap();
    let mut buffer = pool.get(10).unwrap();
    let start = buffer.as_ptr();
    buffer.fill(1);
    buffer.resize(20, 2).unwrap();
    assert_eq!((&buffer[..10], &buffer[10..]), (&[1; 10][..], &[2; 10][..]));
    buffer.resize(5, 9).unwrap();
    assert_eq!(buffer[..], [1; 5]);
    buffer.set_len(20).unwrap();
    assert_eq!(buffer[10..], [2; 10]);
    buffer.truncate(100);
    assert_eq!(buffer.len(), 20);

    for refused in [buffer.set_len(2049), buffer.resize(usize::MAX, 0), buffer.extend_from_slice(&[3; 2029])] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::TooLarge);
    }
    assert_eq!(buffer.len(), 20);
    buffer.extend_from_slice(&[3; 2028]).unwrap();
    assert_eq!((buffer.len(), buffer[20], buffer[2047], buffer.spare_mut().len()), (2048, 3, 3, 0));
    buffer.clear();
    assert!(buffer.is_empty());
    assert_eq!((buffer.spare_mut().len(), buffer.capacity(), buffer.as_ptr()), (2048, 2048, start));
}

#[test]
fn writing_and_reading() {
    let pool = Pool::new().unwrap();
    let mut buffer = pool.get(0).unwrap();
    write!(buffer, "{}-{}", 1, 2).unwrap();
    assert_eq!(&buffer[..], b"1-2");
    assert_eq!(buffer.write(&[4; 5000]).unwrap(), 2045);
    assert_eq!(buffer.write(&[4]).unwrap(), 0);
    assert_eq!(buffer.write_all(&[4]).unwrap_err().kind(), std::io::ErrorKind::WriteZero);
    buffer.flush().unwrap();

    let mut input = &[5u8; 3000][..];
    assert_eq!(buffer.read_from(&mut input).unwrap(), 0);
    buffer.clear();
    assert_eq!(buffer.read_from(&mut input).unwrap(), 2048);
    assert_eq!((input.len(), buffer[..] == [5; 2048]), (952, true));

    struct Refuses;
    impl std::io::Read for Refuses {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::TimedOut.into())
        }
    }
    buffer.truncate(7);
    assert_eq!(buffer.read_from(&mut Refuses).unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    assert_eq!(buffer.len(), 7);
}

#[test]
#[should_panic(expected = "more than there was room for")]
fn a_reader_that_lies_is_not_believed() {
    struct Lies;
    impl std::io::Read for Lies {
        fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
            Ok(room.len() + 1)
        }
    }
    let _ = Pool::new().unwrap().get(0).unwrap().read_from(&mut Lies);
}

#[test]
fn buffers_compare_as_slices() {
    let pool = Pool::new().unwrap();
    let make = |text: &[u8]| {
        let mut buffer = pool.get(0).unwrap();
        buffer.extend_from_slice(text).unwrap();
        buffer
    };
    let (mut a, b) = (make(b"a"), make(b"b"));
    assert!(a < b && a != b && a == make(b"a"));
    let lines = HashMap::from([(make(b"key"), 1)]);
    assert_eq!(lines.get(&b"key"[..]), Some(&1));
    let (shared, text): (&[u8], &[u8]) = (a.as_ref(), b"a");
    assert_eq!(shared, text);
    std::borrow::BorrowMut::<[u8]>::borrow_mut(&mut a)[0] = b'b';
    assert_eq!(a, b);
}
