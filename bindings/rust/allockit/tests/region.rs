//! Regions: blocks as slices and as raw memory, pins, memory of the program, heaps that stand on them.

use allockit::{
    process, AllocFlags, Backing, ErrorKind, Kind, Purge, PurgeMethod, Region, RegionBlock, RegionConfig, Tiered,
};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn a_block_is_a_slice() {
    let region = Region::new().unwrap();
    for len in [0, 1, 4096, 100_001, 1 << 20, 9 << 20] {
        let mut block = region.alloc(len).unwrap();
        assert_eq!(block.len(), len);
        assert!(block.capacity() >= len.max(1));
        assert_eq!(block.as_ptr() as usize % 4096, 0);
        block.fill(7);
        assert!(block.iter().all(|byte| *byte == 7));
        assert!(format!("{block:?}").contains("capacity"));
        let (shared, exclusive): (&[u8], usize) = (block.as_ref(), block.len());
        assert_eq!(shared.len(), exclusive);
        block.as_mut().reverse();
    }
    let stats = region.stats().unwrap();
    assert_eq!((stats.used_bytes, stats.misuses_total, stats.allocs_total, stats.frees_total), (0, 0, 6, 6));
}

#[test]
fn zero_is_zero() {
    let region = Region::new().unwrap();
    region.alloc(1 << 20).unwrap().fill(9);
    let block = region.alloc_zeroed(1 << 20).unwrap();
    assert!(block.zeroed());
    assert!(block.iter().all(|byte| *byte == 0));
    assert!(matches!(block.backing(), Some(Backing::Base | Backing::Thp)));
    block.free().unwrap();
}

#[test]
fn resizing_keeps_the_contents() {
    let region = Region::builder().limit_bytes(64 << 20).create().unwrap();
    let mut block = region.alloc(100_000).unwrap();
    block.fill(3);
    for len in [200_000, 5 << 20, 90_000] {
        let kept = block.len().min(len);
        block.resize(len).unwrap();
        assert_eq!(block.len(), len);
        assert!(block[..kept].iter().all(|byte| *byte == 3));
        block.fill(3);
    }
    let before = block.as_ptr();
    block.resize_with(block.capacity(), AllocFlags::NO_MOVE).unwrap();
    assert_eq!(block.as_ptr(), before);
    assert_eq!(block.resize(1 << 30).unwrap_err().kind(), ErrorKind::OutOfMemory);
    assert_eq!(block.len(), block.capacity());

    let mut zero = region.alloc_zeroed(5000).unwrap();
    zero.resize_with(3 << 20, AllocFlags::ZERO).unwrap();
    assert!(zero.iter().all(|byte| *byte == 0));
}

#[test]
fn refusals_are_typed() {
    let region = Region::builder().limit_bytes(4 << 20).create().unwrap();
    assert_eq!(region.alloc(8 << 20).unwrap_err().kind(), ErrorKind::OutOfMemory);
    assert_eq!(region.alloc(usize::MAX).unwrap_err().kind(), ErrorKind::OutOfMemory);
    assert_eq!(region.alloc_with(4096, 48, AllocFlags::NONE).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(region.alloc_with(4096, 0, AllocFlags::NO_MOVE).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(RegionConfig::new().name("a/b").create().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(RegionConfig::new().name("a\0b").create().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(region.node_bytes(4095).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(region.stats().unwrap().limit_hits_total >= 1);
}

#[test]
fn pins_hold_the_pages() {
    let region = Region::new().unwrap();
    let mut block = region.alloc(1 << 20).unwrap();
    let pin = block.pin().unwrap();
    let second = block.pin().unwrap();
    assert_eq!(pin.as_ptr().cast::<u8>().as_ptr().cast_const(), block.as_ptr());
    block[0] = 1;
    assert_eq!(block.resize(8 << 20).unwrap_err().kind(), ErrorKind::Busy);
    drop(second);
    assert!(region.stats().unwrap().pinned_bytes >= 1 << 20);
    drop(block);
    region.purge(Purge::ALL | Purge::WAIT).unwrap();
    // SAFETY: pinned, so the page is still there with what was written, and nobody else uses it.
    assert_eq!(unsafe { pin.as_ptr().cast::<u8>().as_ptr().read() }, 1);
    drop(pin);
    let stats = region.stats().unwrap();
    assert_eq!((stats.pinned_bytes, stats.used_bytes, stats.purge_skipped_pinned_total), (0, 0, 1));
}

#[test]
fn a_pin_may_outlive_block_and_handle() {
    let region = Arc::new(Region::new().unwrap());
    let block = RegionBlock::new(region.clone(), 100_000).unwrap();
    let pin = block.pin().unwrap();
    let id = region.stats().unwrap().id;
    drop((block, region));
    assert!(process::handles().any(|handle| handle == (id, Some(Kind::Region))));
    drop(pin);
    assert!(process::handles().all(|handle| handle.0 != id));
}

#[test]
fn prefault_makes_resident() {
    let region = Region::new().unwrap();
    let block = region.alloc(1 << 20).unwrap();
    block.prefault().unwrap();
    block.prefault_part(8192, 4096).unwrap();
    block.prefault_part(0, 0).unwrap();
    assert_eq!(block.prefault_part(block.capacity(), 4096).unwrap_err().kind(), ErrorKind::Invalid);
    assert!(region.stats().unwrap().prefaulted_bytes_total >= 1 << 20);
    let outside = [0u8; 10];
    assert_eq!(region.prefault(outside.as_ptr(), 0).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn blocks_go_through_raw_and_back() {
    let region = Region::new().unwrap();
    let mut block = region.alloc(100_000).unwrap();
    block[99_999] = 5;
    let capacity = block.capacity();
    let (raw, owner) = block.into_raw();
    assert_eq!(raw.len(), 100_000);
    // SAFETY: just given away.
    let block = unsafe { RegionBlock::from_raw(raw, owner) };
    assert_eq!((block[99_999], block.capacity()), (5, capacity));
    drop(block);

    let raw = region.allocx(5000, 65536, AllocFlags::ZERO).unwrap();
    assert_eq!((raw.cast::<u8>().as_ptr() as usize % 65536, raw.len()), (0, 8192));
    // SAFETY: a block of this handle, each used no more after it was replaced or freed; the second free is a mistake on
    // purpose, which the library detects and ignores.
    unsafe {
        let raw = region.reallocx(raw.cast(), 20_000, AllocFlags::ZERO).unwrap();
        assert!(raw.as_ref().iter().all(|byte| *byte == 0));
        region.pin(raw.cast()).unwrap();
        region.unpin(raw.cast()).unwrap();
        assert_eq!(region.unpin(raw.cast()).unwrap_err().kind(), ErrorKind::Invalid);
        region.free(raw.cast()).unwrap();
        let again = region.free(raw.cast()).unwrap_err().kind();
        assert!(matches!(again, ErrorKind::Invalid | ErrorKind::NotFound));
    }
    assert_eq!(region.stats().unwrap().used_bytes, 0);
}

#[test]
fn blocks_move_between_threads() {
    let region = Arc::new(Region::new().unwrap());
    let workers: Vec<_> = (0..4)
        .map(|seed| {
            let mut block = RegionBlock::with(region.clone(), 300_000, 0, AllocFlags::NONE).unwrap();
            block.fill(seed);
            std::thread::spawn(move || block.iter().all(|byte| *byte == seed))
        })
        .collect();
    assert!(workers.into_iter().all(|worker| worker.join().unwrap()));
    let stats = region.stats().unwrap();
    assert_eq!((stats.used_bytes, stats.allocs_total, stats.frees_total), (0, 4, 4));
}

#[test]
fn configuration_comes_back() {
    let wanted = Region::builder()
        .name("cfg")
        .limit_bytes(64 << 20)
        .decay(Duration::from_millis(7))
        .cache_bytes(1 << 20)
        .max_waste_permille(50)
        .max_entries(10)
        .purge_method(PurgeMethod::DontNeed)
        .guard(true);
    let region = wanted.create().unwrap();
    let config = region.config().unwrap();
    assert_eq!(config.name, wanted.name);
    assert_eq!((config.limit_bytes, config.decay_ns), (64 << 20, 7_000_000));
    assert_eq!((config.cache_bytes, config.max_waste_permille, config.max_entries), (1 << 20, 50, 10));
    assert_eq!((config.purge_method, config.guard), (PurgeMethod::DontNeed, true));
    assert_eq!(config.max_mappings, 16384);
    assert_eq!(region.name().as_deref(), Some("cfg"));
    assert!(format!("{region:?}").contains("cfg"));
    drop(region.alloc(1 << 20).unwrap());
    region.suggest().unwrap().create().unwrap().destroy().unwrap();
}

#[test]
fn pages_the_system_may_take_are_not_handed_out_as_they_are() {
    let region = Region::builder().purge_method(PurgeMethod::Free).decay(Duration::from_secs(1)).create().unwrap();
    region.alloc(1 << 20).unwrap().fill(9);
    region.purge(Purge::DUE).unwrap();
    let mut block = region.alloc(1 << 20).unwrap();
    assert!(block.iter().all(|byte| *byte == 0));
    block.resize(2 << 20).unwrap();
    assert!(block.iter().all(|byte| *byte == 0));
}

#[test]
fn memory_of_the_program() {
    let region = RegionConfig::new().create_in(vec![0; 1 << 20].leak()).unwrap();
    assert_eq!(region.alloc(2 << 20).unwrap_err().kind(), ErrorKind::TooLarge);
    let mut first = region.alloc(500_000).unwrap();
    first.fill(1);
    assert_eq!(region.alloc(700_000).unwrap_err().kind(), ErrorKind::Exhausted);
    assert_eq!(first.prefault().unwrap_err().kind(), ErrorKind::Unsupported);
    drop(first);
    region.alloc(700_000).unwrap().fill(2);
    assert_eq!(RegionConfig::new().create_in(vec![0; 100].leak()).unwrap_err().kind(), ErrorKind::Invalid);

    let mut memory = vec![0u8; 1 << 20];
    let range = memory.as_ptr_range();
    // SAFETY: `memory` is not used until the handle and its block have ended.
    let region = unsafe { RegionConfig::new().create_on(memory.as_mut_ptr(), memory.len()) }.unwrap();
    let mut block = region.alloc(100_000).unwrap();
    block.fill(7);
    assert!(range.contains(&block.as_ptr()));
    drop(block);
    drop(region);
    assert!(memory.iter().filter(|byte| **byte == 7).count() >= 100_000);
}

#[test]
fn a_heap_stands_on_a_region() {
    let region = Region::new().unwrap();
    let config = Tiered::builder().region(&region);
    let heap = config.create().unwrap();
    let block = heap.alloc(5 << 20).unwrap();
    assert!(region.stats().unwrap().mapped_bytes >= 5 << 20);
    region.destroy().unwrap();
    // SAFETY: within the block, which the heap keeps alive; freed once.
    unsafe {
        block.as_ptr().write_bytes(3, 5 << 20);
        heap.free(block);
    }
    assert!(heap.alloc(100_000).is_ok());
    // The handle has ended, which the library recognises.
    assert_eq!(config.create().unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn deferred_end_keeps_raw_blocks() {
    let region = Region::new().unwrap();
    let raw = region.allocx(100_000, 0, AllocFlags::NONE).unwrap();
    let pinned = region.allocx(100_000, 0, AllocFlags::NONE).unwrap();
    region.pin(pinned.cast()).unwrap();
    let ended = region.destroy_deferred().unwrap();
    // SAFETY: the blocks stay valid until they are freed; the last call is a mistake on purpose.
    unsafe {
        raw.cast::<u8>().as_ptr().write_bytes(3, 100_000);
        ended.free(raw.cast()).unwrap();
        ended.free(pinned.cast()).unwrap();
        ended.unpin(pinned.cast()).unwrap();
        assert_eq!(ended.free(raw.cast()).unwrap_err().kind(), ErrorKind::Invalid);
    }
}

#[test]
fn figures_are_also_text() {
    let region = Region::builder().name("text-region").create().unwrap();
    let block = region.alloc(100_000).unwrap();
    assert!(region.stats_json().unwrap().contains("\"name\":\"text-region\""));
    assert!(region.stats_openmetrics().unwrap().contains("handle=\"text-region\""));
    let info = process::inspect(block.as_ptr()).unwrap();
    assert_eq!((info.base, info.usable_bytes), (block.as_ptr() as u64, block.capacity() as u64));
    assert_eq!(Kind::from_raw(info.handle_kind as u32), Some(Kind::Region));
}

#[test]
fn a_handle_survives_the_way_through_c() {
    let raw = Region::builder().name("raw").create().unwrap().into_raw();
    // SAFETY: just given away by `into_raw`; NULL is legal.
    let (region, none) = unsafe { (Region::from_raw(raw), Region::from_raw(std::ptr::null_mut())) };
    assert!(none.is_none());
    let region: &'static Region = region.unwrap().leak();
    assert_eq!(region.as_raw(), raw);
    let block: RegionBlock<&'static Region> = region.alloc(1000).unwrap();
    std::thread::spawn(move || drop(block)).join().unwrap();
    assert_eq!(region.stats().unwrap().used_bytes, 0);
}
