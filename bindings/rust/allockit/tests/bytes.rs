//! Buffers of a pool in the crate `bytes`.
#![cfg(feature = "bytes")]

use allockit::Pool;
use bytes::{Buf, BufMut, Bytes};

#[test]
fn bytes_take_the_buffer_along() {
    let pool = Pool::new().unwrap();
    let mut buffer = pool.get(5000).unwrap();
    buffer.fill(7);
    let start = buffer.as_ptr();
    let whole = buffer.into_bytes();
    assert_eq!((whole.as_ptr(), whole.len()), (start, 5000));
    let mut part = whole.slice(1000..);
    assert_eq!(part.get_u16(), 0x0707);
    drop(whole);
    drop(pool); // ends with the last part
    let copies: Vec<_> = (0..4).map(|_| part.clone()).collect();
    drop(part);
    for copy in copies {
        std::thread::spawn(move || assert!(copy.iter().all(|byte| *byte == 7))).join().unwrap();
    }
}

#[test]
fn the_last_part_puts_the_buffer_back() {
    let pool = Pool::new().unwrap();
    let bytes: Bytes = pool.get(100).unwrap().into();
    let second = bytes.clone();
    drop(bytes);
    assert_eq!(pool.stats().unwrap().out_buffers, 1);
    drop(second);
    let stats = pool.stats().unwrap();
    assert_eq!((stats.out_buffers, stats.puts_total, stats.misuses_total), (0, 1, 0));
    assert!(pool.get(0).unwrap().into_bytes().is_empty());
    assert_eq!(pool.stats().unwrap().out_buffers, 0);
}

#[test]
fn writing_goes_behind_the_length() {
    let pool = Pool::new().unwrap();
    let mut buffer = pool.get(2).unwrap();
    buffer.copy_from_slice(b"ab");
    assert_eq!(buffer.remaining_mut(), 2046);
    buffer.put_u32(1);
    buffer.put(&b"cd"[..]);
    buffer.put_bytes(9, 2040);
    assert_eq!((&buffer[..8], buffer.len(), buffer.has_remaining_mut()), (&b"ab\0\0\0\x01cd"[..], 2048, false));
    buffer.clear();
    assert_eq!((buffer.remaining_mut(), buffer.chunk_mut().len()), (2048, 2048));
    let mut limited = (&mut buffer).limit(3);
    limited.put_slice(b"xyz");
    assert_eq!(&buffer[..], b"xyz");
}

#[test]
#[should_panic]
fn writing_beyond_the_capacity_panics() {
    Pool::new().unwrap().get(2048).unwrap().put_u8(1);
}

#[test]
#[should_panic(expected = "cannot advance by 2049, 2048 left")]
fn advancing_beyond_the_capacity_panics() {
    // SAFETY: the bytes have values; going too far is refused.
    unsafe { Pool::new().unwrap().get(0).unwrap().advance_mut(2049) };
}

#[test]
fn everything_may_cross_threads() {
    fn moves<T: Send + Sync + 'static>() {}
    moves::<allockit::PooledBuf>();
    moves::<Pool>();
    moves::<Bytes>();
}
