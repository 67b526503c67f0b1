//! Slices of rings: length and capacity, sharing, and what the standard library does with them.

use allockit::{ErrorKind, Ring, SharedSlice, Slice};
use std::collections::HashSet;
use std::io::Write;

#[test]
fn slices_can_go_anywhere() {
    fn anywhere<T: Send + Sync + 'static>() {}
    anywhere::<Slice>();
    anywhere::<SharedSlice>();
    anywhere::<allockit::Releaser>();
    fn moves<T: Send>() {}
    moves::<Ring>();
}

#[test]
fn the_length_stays_within_the_capacity() {
    let ring = Ring::new().unwrap();
    let mut slice = ring.acquire(100).unwrap();
    slice.fill(1);
    slice.truncate(10);
    slice.resize(20, 2).unwrap();
    assert_eq!((&slice[..10], &slice[10..]), (&[1; 10][..], &[2; 10][..]));
    slice.set_len(100).unwrap();
    assert_eq!(slice[20..], [1; 80]);
    for refused in [slice.set_len(101), slice.resize(usize::MAX, 0), slice.extend_from_slice(&[0])] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::TooLarge);
    }
    slice.clear();
    assert_eq!((slice.len(), slice.spare_mut().len()), (0, 100));
    write!(slice, "{}", "x".repeat(60)).unwrap();
    assert_eq!(slice.write(&[b'y'; 100]).unwrap(), 40);
    assert_eq!(slice.write(&[0]).unwrap(), 0);
    assert_eq!((slice.len(), slice[59], slice[60]), (100, b'x', b'y'));
}

#[test]
fn slices_read_as_bytes() {
    let ring = Ring::new().unwrap();
    let text = |bytes: &[u8]| {
        let mut slice = ring.acquire(bytes.len()).unwrap();
        slice.copy_from_slice(bytes);
        slice
    };
    assert!(text(b"a") < text(b"b") && text(b"a") == text(b"a"));
    let set: HashSet<Slice> = [text(b"key")].into();
    assert!(set.contains(&b"key"[..]) && !set.contains(&b"other"[..]));
    let mut slice = text(b"abc");
    slice.as_mut().reverse();
    assert_eq!(slice.as_ref(), b"cba");
}

#[test]
fn clones_and_parts_are_the_same_memory() {
    let ring = Ring::new().unwrap();
    let mut slice = ring.acquire(1000).unwrap();
    for (i, byte) in slice.iter_mut().enumerate() {
        *byte = i as u8;
    }
    slice.truncate(500);
    let shared = slice.freeze();
    assert_eq!(shared.len(), 500);
    let part = shared.slice(100..200);
    let inner = part.slice(10..=19);
    assert_eq!((part.as_ptr(), inner.as_ptr()), (shared[100..].as_ptr(), shared[110..].as_ptr()));
    assert_eq!((part.len(), inner.len(), shared.slice(..).len(), shared.slice(500..).len()), (100, 10, 500, 0));
    drop((shared, part));
    assert_eq!(inner[..], [110, 111, 112, 113, 114, 115, 116, 117, 118, 119]);
    assert_eq!(ring.stats().unwrap().out_slices, 1);
    drop(inner);
    let stats = ring.stats().unwrap();
    assert_eq!((stats.out_slices, stats.frees_total, stats.misuses_total), (0, 1, 0));
}

#[test]
#[should_panic(expected = "out of range")]
fn a_part_lies_within() {
    let _ = Ring::new().unwrap().acquire(10).unwrap().freeze().slice(5..11);
}

#[test]
fn any_number_of_clones() {
    let ring = Ring::new().unwrap();
    let mut slice = ring.acquire(100).unwrap();
    slice.fill(5);
    let first = slice.freeze();
    let mut clones: Vec<_> = (0..1000).map(|_| first.clone()).collect();
    clones.push(clones[900].slice(1..3));
    assert!(clones.iter().all(|clone| clone.iter().all(|byte| *byte == 5)));
    drop(first);
    let half = clones.split_off(500);
    std::thread::spawn(move || drop(half)).join().unwrap();
    assert_eq!(ring.stats().unwrap().out_slices, 1);
    drop(clones);
    let stats = ring.stats().unwrap();
    assert_eq!((stats.out_slices, stats.frees_total, stats.misuses_total), (0, 1, 0));
}

#[test]
fn clones_race() {
    let ring = Ring::new().unwrap();
    let mut slice = ring.acquire(64).unwrap();
    slice.fill(3);
    let shared = slice.freeze();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..200 {
                    let clones: Vec<_> = (0..round).map(|_| shared.clone()).collect();
                    assert!(clones.iter().all(|clone| clone[63] == 3));
                }
            });
        }
    });
    assert_eq!(ring.stats().unwrap().out_slices, 1);
    drop(shared);
    assert_eq!(ring.stats().unwrap().out_slices, 0);
}

#[cfg(feature = "bytes")]
#[test]
fn slices_become_bytes_without_a_copy() {
    use bytes::{BufMut, Bytes};
    let ring = Ring::new().unwrap();
    let mut slice = ring.acquire(100).unwrap();
    slice.clear();
    slice.put_u32(0x01020304);
    slice.put_slice(b"body");
    assert_eq!(slice.remaining_mut(), 92);
    let start = slice.as_ptr();
    let mut all = Bytes::from(slice);
    let body = all.split_off(4);
    assert_eq!((&all[..], &body[..], all.as_ptr()), (&[1, 2, 3, 4][..], &b"body"[..], start));
    drop(all);
    assert_eq!(ring.stats().unwrap().out_slices, 1);
    drop(body);
    assert_eq!(ring.stats().unwrap().out_slices, 0);

    let shared = ring.acquire(10).unwrap().freeze();
    let bytes = shared.clone().into_bytes();
    assert_eq!(bytes.as_ptr(), shared.as_ptr());
    drop(shared);
    std::thread::spawn(move || drop(bytes)).join().unwrap();
    assert_eq!(ring.stats().unwrap().out_slices, 0);
}

#[test]
#[cfg(feature = "bytes")]
#[should_panic(expected = "cannot advance")]
fn writing_beyond_the_capacity_panics() {
    use bytes::BufMut;
    let mut slice = Ring::new().unwrap().acquire(10).unwrap();
    // SAFETY: it panics.
    unsafe { slice.advance_mut(1) };
}
