//! Configurations of pools: what is refused, what comes back, what is proposed, what a pool stands on.

use allockit::{ErrorKind, ExhaustMode, Huge, HugePages, Pool, PoolConfig, Purge, PurgeMethod, Region, ZeroMode};
use std::time::Duration;

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

    let huge = Huge::builder().giant_mode(HugePages::Never).create().unwrap();
    let pool = Pool::builder().huge(&huge).create().unwrap();
    pool.get(60_000).unwrap().fill(5);
    assert!(huge.stats().unwrap().used_bytes >= 65536);
    drop(pool);
    assert_eq!(huge.stats().unwrap().used_bytes, 0);
}
