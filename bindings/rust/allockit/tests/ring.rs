//! Rings: acquiring, committing, releasing in any order and thread, the end.

use allockit::{ErrorKind, ForkMode, Huge, HugePages, Region, Ring, RingConfig, RingOrder, Slice, ZeroMode};
use std::collections::VecDeque;
use std::sync::mpsc;

fn small() -> Ring {
    Ring::builder().capacity_bytes(64 << 10).block_bytes(16 << 10).create().unwrap()
}

#[test]
fn slices_follow_one_another() {
    let ring = small();
    let (a, b, c) = (ring.acquire(100).unwrap(), ring.acquire(0).unwrap(), ring.acquire(4096).unwrap());
    assert_eq!((a.len(), b.len(), c.len()), (100, 0, 4096));
    assert_eq!(a.as_ptr() as usize % 64, 0);
    assert_eq!(b.as_ptr() as usize, a.as_ptr() as usize + 128);
    assert_eq!(c.as_ptr() as usize, b.as_ptr() as usize + 64);
    let memory = ring.memory().unwrap();
    assert_eq!((memory.cast::<u8>().as_ptr().cast_const(), memory.len()), (a.as_ptr(), 64 << 10));
    let stats = ring.stats().unwrap();
    assert_eq!((stats.used_bytes, stats.out_slices, stats.max_slice_bytes), (128 + 64 + 4096, 3, 16 << 10));
}

#[test]
fn what_does_not_fit_is_refused() {
    let ring = small();
    for (len, kind) in [
        ((16 << 10) + 1, ErrorKind::TooLarge),
        (isize::MAX as usize, ErrorKind::TooLarge),
        (isize::MAX as usize + 1, ErrorKind::OutOfMemory),
        (usize::MAX, ErrorKind::OutOfMemory),
    ] {
        assert_eq!(ring.acquire(len).unwrap_err().kind(), kind);
    }
    let mut slices = Vec::new();
    assert_eq!(ring.acquire_n(4096, 100, &mut slices).unwrap_err().kind(), ErrorKind::Exhausted);
    assert_eq!(slices.len(), 16);
    let stats = ring.stats().unwrap();
    assert_eq!((stats.too_large_total, stats.exhausted_total, stats.misuses_total), (2, 1, 0));
    assert_eq!(Slice::release_n(slices), 16);
    assert_eq!(ring.stats().unwrap().used_bytes, 0);
}

#[test]
fn commit_gives_the_rest_to_the_next_one() {
    let ring = small();
    let mut a = ring.acquire(16 << 10).unwrap();
    ring.commit(&mut a, 1000).unwrap();
    assert_eq!((a.len(), a.capacity()), (1000, 1000));
    let mut b = ring.acquire(15 << 10).unwrap();
    assert_eq!(b.as_ptr() as usize, a.as_ptr() as usize + 1024);

    assert_eq!(ring.commit(&mut a, 10).unwrap_err().kind(), ErrorKind::Invalid); // not the last
    assert_eq!(ring.commit(&mut b, (15 << 10) + 1).unwrap_err().kind(), ErrorKind::Invalid);
    let mut other = small().acquire(100).unwrap();
    assert_eq!(ring.commit(&mut other, 10).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!((a.len(), b.len(), other.len()), (1000, 15 << 10, 100));
    assert_eq!(ring.stats().unwrap().misuses_total, 3);

    ring.commit(&mut b, 0).unwrap();
    assert_eq!((b.len(), b.capacity()), (0, 0));
    assert_eq!(ring.stats().unwrap().used_bytes, 1024 + 64);
}

/// Any order of releases, by this thread and another, against the contents of what is still out.
#[test]
fn slices_keep_their_contents_until_they_are_dropped() {
    let ring = small();
    let (sender, receiver) = mpsc::channel::<(Slice, u8)>();
    let other = std::thread::spawn(move || {
        for (slice, seed) in receiver {
            assert!(slice.iter().all(|byte| *byte == seed), "overwritten on its way");
        }
    });
    let (mut out, mut state, mut refused) = (VecDeque::new(), 7u64, 0);
    for round in 0..20_000u32 {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let (choice, len, seed) = (state >> 60, (state >> 33) as usize % 3000, round as u8);
        match ring.acquire(len) {
            Ok(mut slice) => {
                slice.fill(seed);
                out.push_back((slice, seed));
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Exhausted);
                refused += 1;
                out.drain(..out.len() / 2);
            }
        }
        let index = (state >> 40) as usize % out.len().max(1);
        let Some((slice, seed)) = out.remove(index).filter(|_| choice < 12) else { continue };
        assert!(slice.iter().all(|byte| *byte == seed), "overwritten");
        if choice < 6 {
            sender.send((slice, seed)).unwrap();
        }
    }
    drop((sender, out));
    other.join().unwrap();
    let stats = ring.stats().unwrap();
    assert_eq!((stats.used_bytes, stats.out_slices, stats.misuses_total), (0, 0, 0));
    assert_eq!((stats.allocs_total + refused, stats.frees_total), (20_000, stats.allocs_total));
}

#[test]
fn the_producer_may_move() {
    let ring = small();
    let first = ring.acquire(1000).unwrap();
    let ring = std::thread::spawn(move || {
        drop(ring.acquire(1000).unwrap());
        ring
    })
    .join()
    .unwrap();
    drop(first);
    assert_eq!(ring.acquire(16 << 10).unwrap().len(), 16 << 10);
    assert_eq!(ring.stats().unwrap().frees_total, 3);
}

#[test]
fn slices_outlive_their_ring() {
    let ring = Ring::builder().name("short").create().unwrap();
    let id = ring.stats().unwrap().id;
    let mut slice = ring.acquire(5000).unwrap();
    let shared = ring.acquire(100).unwrap().freeze();
    drop(ring);
    assert!(!allockit::process::handles().any(|(live, _)| live == id));
    slice.fill(9);
    assert!(slice.iter().all(|byte| *byte == 9));
    std::thread::spawn(move || drop(slice)).join().unwrap();
    assert_eq!(shared.clone().len(), 100);
}

#[test]
fn in_order() {
    let ring = Ring::builder().capacity_bytes(16 << 10).order(RingOrder::Ordered).create().unwrap();
    let slices: Vec<_> = (0..4).map(|_| ring.acquire_raw(4096).unwrap().cast::<u8>()).collect();
    let releaser = ring.releaser();
    // SAFETY: slices that are out and that nobody uses; those before the third are released by nobody else.
    unsafe {
        releaser.release(slices[3]).unwrap();
        assert_eq!(ring.acquire(1).unwrap_err().kind(), ErrorKind::Exhausted);
        assert_eq!(releaser.release_to(slices[2]), Ok(2));
        assert_eq!(ring.stats().unwrap().out_slices, 1);
        assert_eq!(ring.acquire(8192).unwrap().len(), 8192);
        assert_eq!(releaser.release(slices[0]).unwrap_err().kind(), ErrorKind::Invalid);
        releaser.release(slices[2]).unwrap();
    }
    // SAFETY: a wrong order is refused.
    let refused = unsafe { small().releaser().release_to(slices[2]) };
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn raw_slices_and_wrong_releases() {
    let ring = small();
    let mut batch = [None; 20];
    assert_eq!(ring.acquire_raw_n(4096, &mut batch), 16);
    let releaser = ring.releaser();
    let first = batch[0].unwrap();
    // SAFETY: slices that are out and that nobody uses, and misuse, which is what this is about.
    unsafe {
        releaser.retain(first, 254).unwrap();
        assert_eq!(releaser.retain(first, 1).unwrap_err().errno(), 75); // EOVERFLOW
        assert_eq!(releaser.release_n(&[batch[0]; 255]), 255);
        assert_eq!(releaser.release(first).unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(releaser.retain(first, 1).unwrap_err().kind(), ErrorKind::Invalid);
        let inside = first.add(64);
        assert_eq!(releaser.release(inside).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(releaser.release_n(&batch[..16]), 15);
    }
    let ended = ring.destroy().unwrap();
    assert_eq!(ended, releaser);
    // SAFETY: misuse, which the library recognises.
    assert_eq!(unsafe { ended.release(first) }.unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn a_destroyed_ring_takes_raw_slices_back() {
    let ring = small();
    let (slice, way_back) = ring.acquire(100).unwrap().into_raw();
    let kept = ring.acquire_raw(100).unwrap();
    let ended = ring.destroy().unwrap();
    assert_eq!((slice.len(), way_back), (100, ended));
    // SAFETY: both are out and nobody else's.
    unsafe {
        drop(Slice::from_raw(slice, way_back));
        ended.release(kept.cast()).unwrap();
    }

    let ring = small();
    std::mem::forget(ring.acquire(100).unwrap());
    // SAFETY: its slice is forgotten.
    unsafe { ring.destroy_now() }.unwrap();
}

#[test]
fn areas_of_other_kinds() {
    let region = Region::new().unwrap();
    let ring = Ring::builder().capacity_bytes(1 << 20).region(&region).create().unwrap();
    assert!(region.stats().unwrap().used_bytes >= 1 << 20);
    let mut slice = ring.acquire(10_000).unwrap();
    drop((region, ring));
    slice.fill(1);

    let huge = Huge::builder().giant_mode(HugePages::Never).huge_mode(HugePages::Never).create().unwrap();
    let ring = Ring::builder().capacity_bytes(4 << 20).huge(&huge).create().unwrap();
    assert!(huge.stats().unwrap().used_bytes >= 4 << 20);
    ring.acquire(60_000).unwrap().fill(1);

    let mut memory = vec![0u8; 100_000];
    let range = memory.as_ptr_range();
    // SAFETY: the memory outlives the ring and its slice, and is not touched meanwhile.
    let ring = unsafe { RingConfig::new().create_on(memory.as_mut_ptr(), memory.len()) }.unwrap();
    let slice = ring.acquire(1000).unwrap();
    assert!(range.contains(&slice.as_ptr()));
    drop((slice, ring));
    memory.fill(1);
}

#[test]
fn a_ring_on_pages_that_may_vanish_zeroes() {
    let region = Region::builder().purge_method(allockit::PurgeMethod::Free).create().unwrap();
    let on = |mode| Ring::builder().zero_mode(mode).region(&region).create();
    assert_eq!(on(ZeroMode::None).unwrap().config().unwrap().zero_mode, ZeroMode::OnAlloc);
    assert_eq!(on(ZeroMode::OnFree).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn configuration() {
    let config = RingConfig::new()
        .name("r.1")
        .limit_bytes(64 << 20)
        .capacity_bytes(2 << 20)
        .block_bytes(128 << 10)
        .alignment(256)
        .colour_bytes(512)
        .zero_mode(ZeroMode::OnAlloc)
        .fork_mode(ForkMode::Copy)
        .prefault_bytes(1 << 20);
    let ring = config.create().unwrap();
    assert_eq!(ring.config().unwrap(), config.decay(std::time::Duration::from_millis(100)));
    assert_eq!(ring.name().as_deref(), Some("r.1"));
    assert!(ring.stats_json().unwrap().contains("\"head_blocked_total\":0"));
    assert!(ring.stats_openmetrics().unwrap().contains("allockit_ring_used_bytes"));
    assert!(format!("{ring:?}").contains("r.1"));

    let defaults = Ring::new().unwrap().config().unwrap();
    assert_eq!((defaults.capacity_bytes, defaults.block_bytes, defaults.alignment), (4 << 20, 64 << 10, 64));
    for refused in [
        RingConfig::new().name("a/b"),
        RingConfig::new().name("a\0b"),
        RingConfig::new().alignment(96),
        RingConfig::new().block_bytes(100),
        RingConfig::new().capacity_bytes(4096).block_bytes(8192),
        RingConfig::new().colour_bytes(100),
        RingConfig::new().capacity_bytes(u64::MAX),
    ] {
        assert_eq!(refused.create().unwrap_err().kind(), ErrorKind::Invalid, "{refused:?}");
    }
    let capped = RingConfig::new().limit_bytes(1 << 20).create();
    assert_eq!(capped.unwrap_err().kind(), ErrorKind::OutOfMemory);
}

#[test]
fn suggestions_serve_what_was_refused() {
    let ring = small();
    let mut out = Vec::new();
    assert!(ring.acquire_n(4096, 30, &mut out).is_err());
    assert_eq!(ring.acquire(20_000).unwrap_err().kind(), ErrorKind::TooLarge);
    let suggested = ring.suggest().unwrap();
    assert!(suggested.capacity_bytes > 64 << 10 && suggested.block_bytes >= 20_000, "{suggested:?}");
    assert_eq!(suggested.create().unwrap().acquire(20_000).unwrap().len(), 20_000);
}
