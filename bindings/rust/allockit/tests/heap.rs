//! The heap as a handle: blocks, caps, figures, and its end.

use allockit::{AllocFlags, CheckMode, ErrorKind, GlobalHeap, Heap, Purge, Tiered, TieredConfig};
use std::time::Duration;

#[test]
fn blocks_hold_what_is_written() {
    let heap = Tiered::new().unwrap();
    for size in [1, 100, 3000, 100_000, 5 << 20] {
        let block = heap.alloc(size).unwrap();
        assert_eq!(block.as_ptr() as usize % allockit::MIN_ALIGN, 0);
        assert!(heap.usable_size(block.as_ptr()) >= size);
        // SAFETY: within the block; freed once.
        unsafe {
            block.as_ptr().write_bytes(7, size);
            let grown = heap.realloc(block, size * 2).unwrap();
            assert_eq!(grown.as_ptr().add(size - 1).read(), 7);
            heap.free(grown);
        }
    }
    assert_eq!(heap.stats().unwrap().used_bytes, 0);
    assert_eq!(heap.stats().unwrap().misuses_total, 0);
}

#[test]
fn general_form_answers_with_everything_usable() {
    let heap = Tiered::new().unwrap();
    let block = heap.allocx(1000, 4096, AllocFlags::ZERO).unwrap();
    assert!(block.len() >= 1000);
    assert_eq!(block.cast::<u8>().as_ptr() as usize % 4096, 0);
    // SAFETY: zeroed by the library and not shared.
    assert!(unsafe { block.as_ref() }.iter().all(|byte| *byte == 0));
    // SAFETY: blocks of this heap, each used no more after it was replaced or freed.
    unsafe {
        let moved = heap.reallocx(block.cast(), 100_000, 4096, AllocFlags::ZERO).unwrap();
        assert_eq!(moved.cast::<u8>().as_ptr() as usize % 4096, 0);
        heap.free_aligned_sized(moved.cast(), 100_000, 4096);
    }
}

#[test]
fn refusals_are_typed() {
    let heap = Tiered::builder().limit_bytes(4 << 20).create().unwrap();
    let error = heap.alloc(64 << 20).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfMemory);
    assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::OutOfMemory);
    assert_eq!(heap.aligned_alloc(64, 48).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(heap.calloc(usize::MAX, 2).unwrap_err().kind(), ErrorKind::OutOfMemory);
    assert_eq!(TieredConfig::new().name("a/b").create().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(TieredConfig::new().name("a\0b").create().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(heap.class_stats(usize::MAX).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(heap.stats().unwrap().limit_hits_total >= 1);
    assert!(!error.to_string().is_empty());
}

#[test]
fn batches_come_and_go() {
    let heap = Tiered::new().unwrap();
    let mut blocks = [None; 300];
    assert_eq!(heap.alloc_n(48, &mut blocks), 300);
    assert!(blocks.iter().all(|block| block.is_some_and(|p| heap.owns(p.as_ptr()))));
    // SAFETY: blocks of this heap, used no more.
    assert_eq!(unsafe { heap.free_n(&blocks) }, 300);
    assert_eq!(heap.stats().unwrap().used_bytes, 0);
}

#[test]
fn configuration_comes_back() {
    let wanted = Tiered::builder()
        .name("cfg")
        .limit_bytes(64 << 20)
        .decay(Duration::from_millis(7))
        .check_mode(CheckMode::Exact)
        .large_max_bytes(512 << 10);
    let config = wanted.create().unwrap().config().unwrap();
    assert_eq!(config.name, wanted.name);
    assert_eq!(config.limit_bytes, wanted.limit_bytes);
    assert_eq!(config.decay_ns, 7_000_000);
    assert_eq!(config.check_mode, CheckMode::Exact);
    assert_eq!(config.large_max_bytes, wanted.large_max_bytes);
    assert!(config.small_max_bytes > 0);
}

#[test]
fn suggestion_can_be_used() {
    let heap = Heap::new().unwrap();
    let blocks: Vec<_> = (0..100).map(|_| heap.alloc(2000).unwrap()).collect();
    let suggested = heap.suggest().unwrap();
    suggested.create().unwrap();
    for block in blocks {
        // SAFETY: a block of this heap, used no more.
        unsafe { heap.free_sized(block, 2000) };
    }
}

#[test]
fn idle_memory_is_given_back() {
    let heap = Tiered::new().unwrap();
    let block = heap.alloc(8 << 20).unwrap();
    // SAFETY: within the block; freed once.
    unsafe {
        block.as_ptr().write_bytes(1, 8 << 20);
        heap.free(block);
    }
    heap.purge(Purge::ALL | Purge::WAIT).unwrap();
    assert_eq!(heap.stats().unwrap().cached_bytes, 0);
}

#[test]
fn figures_are_also_text() {
    let heap = Tiered::builder().name("text").create().unwrap();
    let block = heap.alloc(100).unwrap();
    let json = heap.stats_json().unwrap();
    assert!(json.contains("\"name\":\"text\"") && json.trim_end().ends_with('}'), "{json}");
    assert!(heap.stats_openmetrics().unwrap().contains("handle=\"text\""));
    assert!(heap.class_count() > 0);
    assert!(heap.class_stats(0).unwrap().block_bytes > 0);
    assert_eq!(heap.name().as_deref(), Some("text"));
    // SAFETY: a block of this heap, used no more.
    unsafe { heap.free(block) };
}

#[test]
fn deferred_end_keeps_blocks() {
    let heap = Tiered::new().unwrap();
    let block = heap.alloc(100).unwrap();
    heap.destroy_deferred().unwrap();
    // SAFETY: the block stays valid until it is freed.
    unsafe {
        block.as_ptr().write_bytes(3, 100);
        assert_eq!(block.as_ptr().add(99).read(), 3);
        GlobalHeap.free(block);
    }
    Tiered::new().unwrap().destroy().unwrap();
}

#[test]
fn any_thread_may_free() {
    let heap = Tiered::new().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let blocks: Vec<usize> = (0..1000).map(|_| heap.alloc(64).unwrap().as_ptr() as usize).collect();
            let heap = &heap;
            scope.spawn(move || {
                for address in blocks {
                    // SAFETY: a block of this heap, freed by this thread only.
                    unsafe { heap.free(std::ptr::NonNull::new(address as *mut u8).unwrap()) };
                }
            });
        }
    });
    let stats = heap.stats().unwrap();
    assert_eq!((stats.used_bytes, stats.allocs_total, stats.frees_total), (0, 4000, 4000));
}

#[test]
fn a_handle_survives_the_way_through_c() {
    let raw = Tiered::builder().name("raw").create().unwrap().into_raw();
    // SAFETY: just given away by `into_raw`.
    let heap = unsafe { Tiered::from_raw(raw) }.unwrap();
    assert_eq!(heap.as_raw(), raw);
    assert!(format!("{heap:?}").contains("raw"));
    // SAFETY: NULL is legal.
    assert!(unsafe { Tiered::from_raw(std::ptr::null_mut()) }.is_none());
    let heap: &'static Tiered = heap.leak();
    assert!(!heap.owns(std::ptr::null()));
}
