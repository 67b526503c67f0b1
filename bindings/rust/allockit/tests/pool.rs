//! Pools: buffers as slices and as raw memory, the end of a pool with buffers out, batches, leaks, memory of the program.

use allockit::{
    process, ErrorKind, ExhaustMode, Huge, Kind, Pool, PoolConfig, PooledBuf, Purge, PurgeMethod, Region, ZeroMode,
};
use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

fn alive(id: u64) -> bool {
    process::handles().any(|handle| handle == (id, Some(Kind::Pool)))
}

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

#[test]
fn buffers_move_between_threads() {
    let pool = Pool::new().unwrap();
    std::thread::scope(|scope| {
        for seed in 0..4 {
            let pool = &pool;
            scope.spawn(move || {
                let mut buffers = Vec::new();
                for round in 0..200 {
                    let mut buffer = pool.get(100 + round * 40).unwrap();
                    buffer.fill(seed);
                    buffers.push(buffer);
                }
                std::thread::spawn(move || {
                    assert!(buffers.iter().all(|buffer| buffer.iter().all(|byte| *byte == seed)));
                });
            });
        }
    });
    while pool.stats().unwrap().out_buffers > 0 {
        std::thread::yield_now();
    }
    let stats = pool.stats().unwrap();
    assert_eq!((stats.allocs_total, stats.frees_total, stats.misuses_total), (800, 800, 0));
}

#[test]
fn buffers_outlive_their_pool() {
    let pool = Pool::new().unwrap();
    let id = pool.stats().unwrap().id;
    let mut small = pool.get(100).unwrap();
    let mut large = pool.get(3 << 20).unwrap();
    small.fill(1);
    large.fill(2);
    drop(pool);
    assert!(!alive(id));
    // Other pools come and go meanwhile.
    for _ in 0..100 {
        Pool::new().unwrap().get(100).unwrap().fill(9);
    }
    assert!(small.iter().all(|byte| *byte == 1) && large.iter().all(|byte| *byte == 2));
    small.resize(2048, 3).unwrap();
    std::thread::spawn(move || drop(large)).join().unwrap();
    assert_eq!(small[2047], 3);
    small.put_back().unwrap();
}

#[test]
fn an_ended_pool_takes_raw_buffers_back() {
    let pool = Pool::new().unwrap();
    let id = pool.stats().unwrap().id;
    let raw = pool.get_raw(5000).unwrap();
    let mut batch = [None; 10];
    assert_eq!(pool.get_raw_n(100, &mut batch), (10, 2048));
    let handle = pool.as_raw();
    let ended = pool.destroy().unwrap();
    assert_eq!(ended.leaks().count(), 11);
    assert_eq!(ended.capacity(raw.cast::<u8>().as_ptr()), 8192);
    // SAFETY: the handle has ended, but waits for its buffers; it is not ended twice.
    let pool = std::mem::ManuallyDrop::new(unsafe { Pool::from_raw(handle) }.unwrap());
    assert_eq!(pool.get(1).unwrap_err().kind(), ErrorKind::ShutDown);
    assert_eq!(pool.warm(1, 1).unwrap_err().kind(), ErrorKind::ShutDown);
    // SAFETY: the buffers stay valid until they are put back, which is once.
    unsafe {
        raw.cast::<u8>().as_ptr().write_bytes(3, 8192);
        assert_eq!(ended.put_n(&batch), 10);
        ended.put(raw.cast()).unwrap();
    }
    assert!(!alive(id));
    assert_eq!(ended.leaks().count(), 0);
}

#[test]
fn an_end_at_once() {
    let pool = Pool::new().unwrap();
    let id = pool.stats().unwrap().id;
    std::mem::forget(pool.get(100).unwrap());
    // SAFETY: the only buffer is forgotten.
    unsafe { pool.destroy_now() }.unwrap();
    assert!(!alive(id));
}

#[test]
fn many_at_once() {
    let (pool, other) = (Pool::new().unwrap(), Pool::new().unwrap());
    let mut buffers = Vec::new();
    pool.get_n(3000, 200, &mut buffers).unwrap();
    other.get_n(100, 3, &mut buffers).unwrap();
    pool.get_n(100_000, 2, &mut buffers).unwrap();
    pool.get_n(1, 0, &mut buffers).unwrap();
    assert_eq!(buffers.len(), 205);
    for (index, buffer) in buffers.iter_mut().enumerate() {
        buffer.fill(index as u8);
    }
    assert!(buffers.iter().enumerate().all(|(index, buffer)| buffer.iter().all(|byte| *byte == index as u8)));
    assert_eq!((buffers[0].len(), buffers[0].capacity()), (3000, 4096));
    assert_eq!((buffers[202].len(), buffers[202].capacity()), (100, 2048));
    assert_eq!(PooledBuf::put_n(buffers), 205);
    for pool in [pool, other] {
        let stats = pool.stats().unwrap();
        assert_eq!((stats.out_buffers, stats.misuses_total), (0, 0));
    }
}

#[test]
fn a_batch_that_fails_keeps_what_it_got() {
    let pool = Pool::builder().exhaust_mode(ExhaustMode::Fail).create().unwrap();
    pool.warm(4096, 80).unwrap();
    let mut buffers = Vec::new();
    let refused = pool.get_n(4096, 100_000, &mut buffers).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Exhausted);
    assert!(buffers.len() >= 80);
    assert_eq!(pool.stats().unwrap().out_buffers, buffers.len() as u64);
    assert_eq!(pool.get(4096).unwrap_err().kind(), ErrorKind::Exhausted);
    drop(buffers);
    assert_eq!(pool.stats().unwrap().out_buffers, 0);
}

#[test]
fn refusals_are_typed() {
    let pool = Pool::builder().limit_bytes(4 << 20).create().unwrap();
    assert_eq!(pool.get(usize::MAX).unwrap_err().kind(), ErrorKind::OutOfMemory);
    assert_eq!(pool.get(8 << 20).unwrap_err().kind(), ErrorKind::TooLarge);
    let mut buffers = Vec::new();
    assert_eq!(pool.get_n(65536, 1000, &mut buffers).unwrap_err().kind(), ErrorKind::OutOfMemory);
    assert!(!buffers.is_empty() && pool.stats().unwrap().limit_hits_total >= 1);
    drop(buffers);
    assert!(pool.get(65536).is_ok());
    assert_eq!(pool.warm(65537, 1).unwrap_err().kind(), ErrorKind::TooLarge);
    assert_eq!(pool.warm(65536, 1000).unwrap_err().kind(), ErrorKind::OutOfMemory);
    let idle = Pool::builder().cache_bytes(64 << 10).create().unwrap();
    assert_eq!(idle.warm(8192, 9).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(pool.class_stats(6).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(pool.get(1).unwrap().tag_set(1).unwrap_err().kind(), ErrorKind::Invalid);
    let bad = [
        PoolConfig::new().name("a/b"),
        PoolConfig::new().name("a\0b"),
        PoolConfig::new().class_bytes([4096, 2048]),
        PoolConfig::new().class_bytes([0]),
        PoolConfig::new().class_bytes([17 << 20]),
        PoolConfig::new().class_bytes(vec![4096; 2]),
        PoolConfig::new().class_bytes((1..=65).map(|n| n * 128).collect::<Vec<_>>()),
        PoolConfig::new().class_bytes([4096]).max_class_bytes(8192),
        PoolConfig::new().classes_per_doubling(3),
        PoolConfig::new().alignment(96),
        PoolConfig::new().region(&Region::new().unwrap()),
    ];
    for config in bad {
        assert_eq!(config.create().unwrap_err().kind(), ErrorKind::Invalid, "{config:?}");
    }
}

#[test]
fn raw_buffers() {
    let pool = Pool::new().unwrap();
    process::misuse_mode(allockit::MisuseMode::Count).unwrap();
    let raw = pool.get_raw(5000).unwrap();
    assert_eq!(raw.len(), 8192);
    let mut buffer = pool.get(5000).unwrap();
    buffer[4999] = 5;
    let (given, handle) = buffer.into_raw();
    assert_eq!((given.len(), handle), (5000, pool.as_raw()));
    let longer = std::ptr::NonNull::slice_from_raw_parts(given.cast::<u8>(), 8193);
    // SAFETY: buffers of this pool that are out, each put back once; what more is put is a mistake on purpose, which the
    // library detects and ignores.
    unsafe {
        assert!(PooledBuf::from_raw(longer, handle).is_none());
        let buffer = PooledBuf::from_raw(given, handle).unwrap();
        assert_eq!((buffer[4999], buffer.len(), buffer.capacity()), (5, 5000, 8192));
        drop(buffer);
        assert!(PooledBuf::from_raw(given, handle).is_none());
        pool.put(raw.cast()).unwrap();
        assert_eq!(pool.put(raw.cast()).unwrap_err().kind(), ErrorKind::Invalid);
        let inside = raw.cast::<u8>().as_ptr().add(64);
        assert_eq!(pool.put(std::ptr::NonNull::new(inside).unwrap()).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(pool.put_n(&[Some(raw.cast()), None]), 0);
    }
    assert_eq!(pool.capacity(raw.cast::<u8>().as_ptr()), 0);
    let stats = pool.stats().unwrap();
    assert_eq!((stats.used_bytes, stats.misuses_total), (0, 3));
}

#[test]
fn leaks_and_tags() {
    let pool = Pool::builder().tags(true).create().unwrap();
    assert_eq!(pool.leaks().count(), 0);
    let mut buffers = Vec::new();
    pool.get_n(3000, 20, &mut buffers).unwrap();
    buffers.push(pool.get(1 << 20).unwrap());
    for (tag, buffer) in (1..).zip(&mut buffers) {
        buffer.tag_set(tag).unwrap();
    }
    let out: Vec<_> = pool.leaks().collect();
    assert!(out.windows(2).all(|pair| pair[0].base < pair[1].base));
    assert_eq!(out.iter().map(|leak| leak.tag).sum::<u64>(), 21 * 22 / 2);
    for (tag, buffer) in (1..).zip(&buffers) {
        let leak = out.iter().find(|leak| leak.base == buffer.as_ptr() as u64).unwrap();
        assert_eq!((leak.tag, leak.usable_bytes), (tag, buffer.capacity() as u64));
    }
    drop(buffers);
    assert!(pool.leaks().next().is_none());
}

#[test]
fn warm_and_purge() {
    let pool = Pool::builder().decay(Duration::from_secs(100)).create().unwrap();
    pool.warm(10_000, 20).unwrap();
    let stats = pool.stats().unwrap();
    assert!(stats.prefaulted_bytes_total >= 20 * 16384 && stats.cached_bytes >= 20 * 16384);
    drop(pool.get(10_000).unwrap());
    let stats = pool.stats().unwrap();
    assert_eq!((stats.hits_total, stats.misses_total), (1, 0));
    assert!(pool.purge(Purge::ALL | Purge::WAIT).unwrap() >= 20 * 16384);
    assert_eq!(pool.stats().unwrap().cached_bytes, 0);
}

#[test]
fn zeroing_covers_the_whole_capacity() {
    for mode in [ZeroMode::OnAlloc, ZeroMode::OnFree] {
        let pool = Pool::builder().zero_mode(mode).create().unwrap();
        pool.get(2048).unwrap().fill(9);
        for _ in 0..3 {
            let mut buffer = pool.get(100).unwrap();
            buffer.set_len(2048).unwrap();
            assert!(buffer.iter().all(|byte| *byte == 0));
            buffer.fill(9);
        }
        assert!(pool.stats().unwrap().zeroed_bytes_total >= 2048);
    }
}

#[test]
fn configuration_comes_back() {
    let wanted = Pool::builder()
        .name("cfg")
        .limit_bytes(64 << 20)
        .decay(Duration::from_millis(7))
        .min_class_bytes(1024)
        .max_class_bytes(4096)
        .classes_per_doubling(2)
        .class_cache_bytes(1 << 20)
        .cache_bytes(8 << 20)
        .thread_cache_bytes(256 << 10)
        .alignment(256)
        .exhaust_mode(ExhaustMode::Fallback)
        .tags(true)
        .report_leaks(true);
    let pool = wanted.create().unwrap();
    let config = pool.config().unwrap();
    assert_eq!(config.name, wanted.name);
    assert_eq!((config.limit_bytes, config.decay_ns, config.alignment), (64 << 20, 7_000_000, 256));
    assert_eq!(
        (config.class_cache_bytes, config.cache_bytes, config.thread_cache_bytes),
        (1 << 20, 8 << 20, 256 << 10)
    );
    assert_eq!((config.exhaust_mode, config.tags, config.report_leaks), (ExhaustMode::Fallback, true, true));
    assert_eq!(config.class_bytes, [1024, 1536, 2048, 3072, 4096]);
    assert_eq!(pool.class_count(), 5);
    assert_eq!(pool.name().as_deref(), Some("cfg"));
    assert!(format!("{pool:?}").contains("cfg"));

    let named = Pool::builder().class_bytes([1000, 5000]).create().unwrap();
    assert_eq!(named.config().unwrap().class_bytes, [1000, 5000]);
    assert!(!named.config().unwrap().tags);
    assert_eq!(named.get(1001).unwrap().capacity(), 5000);
}

#[test]
fn a_configuration_that_was_read_makes_another_pool() {
    for builder in [Pool::builder(), Pool::builder().class_bytes([1000, 5000])] {
        let pool = builder.create().unwrap();
        let same = pool.config().unwrap().create().unwrap();
        assert_eq!(same.config().unwrap(), pool.config().unwrap());
        pool.suggest().unwrap().create().unwrap();
    }
}

#[test]
fn suggestions_from_many_threads() {
    let pool = Pool::new().unwrap();
    for len in [700, 1500, 9000] {
        drop(pool.get(len).unwrap());
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let classes = pool.suggest().unwrap().class_bytes;
                    assert!(!classes.is_empty() && classes.windows(2).all(|pair| pair[0] < pair[1]));
                }
            });
        }
    });
    pool.suggest().unwrap().create().unwrap().get(9000).unwrap();
}

#[test]
fn memory_of_the_program() {
    let pool = PoolConfig::new().create_in(vec![0; 1 << 20].leak()).unwrap();
    assert_eq!(pool.get(2 << 20).unwrap_err().kind(), ErrorKind::TooLarge);
    let mut buffers = Vec::new();
    assert_eq!(pool.get_n(65536, 100, &mut buffers).unwrap_err().kind(), ErrorKind::Exhausted);
    assert!(buffers.len() >= 8);
    drop(buffers);
    pool.get(65536).unwrap().fill(1);
    assert_eq!(PoolConfig::new().create_in(vec![0; 100].leak()).unwrap_err().kind(), ErrorKind::Invalid);

    let mut memory = vec![0u8; 1 << 20];
    let range = memory.as_ptr_range();
    // SAFETY: `memory` is not used until the pool and its buffer have ended.
    let pool = unsafe { PoolConfig::new().create_on(memory.as_mut_ptr(), memory.len()) }.unwrap();
    let mut buffer = pool.get(30_000).unwrap();
    drop(pool);
    buffer.fill(7);
    assert!(range.contains(&buffer.as_ptr()));
    drop(buffer);
    assert!(memory.iter().filter(|byte| **byte == 7).count() >= 30_000);
}

#[test]
fn a_pool_stands_on_a_region_or_on_huge_pages() {
    let region = Region::new().unwrap();
    let pool = Pool::builder().region(&region).create().unwrap();
    let mut buffer = pool.get(60_000).unwrap();
    assert!(region.stats().unwrap().used_bytes >= 65536);
    region.destroy().unwrap();
    buffer.fill(3);
    pool.get(100).unwrap().fill(4);
    drop(pool);
    assert!(buffer.iter().all(|byte| *byte == 3));

    let lazy = Region::builder().purge_method(PurgeMethod::Free).create().unwrap();
    let builder = Pool::builder().region(&lazy);
    assert_eq!(builder.create().unwrap().config().unwrap().zero_mode, ZeroMode::OnAlloc);
    assert_eq!(builder.zero_mode(ZeroMode::OnFree).create().unwrap_err().kind(), ErrorKind::Invalid);

    let huge = Huge::builder().giant_mode(allockit::HugePages::Never).create().unwrap();
    let pool = Pool::builder().huge(&huge).create().unwrap();
    pool.get(60_000).unwrap().fill(5);
    assert!(huge.stats().unwrap().used_bytes >= 65536);
    drop(pool);
    assert_eq!(huge.stats().unwrap().used_bytes, 0);
}

#[test]
fn figures_are_also_text() {
    let pool = Pool::builder().name("text-pool").create().unwrap();
    let buffer = pool.get(3000).unwrap();
    assert!(pool.stats_json().unwrap().contains("\"name\":\"text-pool\""));
    assert!(pool.stats_openmetrics().unwrap().contains("handle=\"text-pool\""));
    let info = process::inspect(buffer.as_ptr()).unwrap();
    assert_eq!((info.base, info.usable_bytes), (buffer.as_ptr() as u64, 4096));
    assert_eq!(Kind::from_raw(info.handle_kind as u32), Some(Kind::Pool));
}

#[test]
fn a_handle_survives_the_way_through_c() {
    let raw = Pool::builder().name("raw").create().unwrap().into_raw();
    // SAFETY: just given away by `into_raw`; NULL is legal.
    let (pool, none) = unsafe { (Pool::from_raw(raw), Pool::from_raw(std::ptr::null_mut())) };
    assert!(none.is_none());
    let pool: &'static Pool = pool.unwrap().leak();
    assert_eq!(pool.as_raw(), raw);
    std::thread::spawn(|| pool.get(1000).unwrap().fill(1)).join().unwrap();
    assert_eq!(pool.stats().unwrap().out_buffers, 0);
}
