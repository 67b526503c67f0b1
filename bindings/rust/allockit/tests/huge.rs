//! Huge pages: blocks, what they stand on and why, and what the system offers.

use allockit::{
    process, AllocFlags, Backing, ErrorKind, Huge, HugeBlock, HugeConfig, HugePages, Kind, Populate, Purge, Reason,
    Thp, ThpMode, Tiered,
};
use std::sync::Arc;

/// Pages of the default size that nobody has taken.
fn free_pages() -> u64 {
    Huge::system().unwrap().huge_free
}

#[test]
fn a_block_is_a_slice() {
    let huge = Huge::new().unwrap();
    for len in [0, 1, 2 << 20, 5_000_001] {
        let mut block = huge.alloc(len).unwrap();
        assert_eq!(block.len(), len);
        assert!(block.capacity() >= len.max(1));
        block.fill(7);
        assert!(block.iter().all(|byte| *byte == 7));
        assert!(format!("{block:?}").contains("backing"));
        assert_eq!(block.as_ref().len(), block.as_mut().len());
    }
    let stats = huge.stats().unwrap();
    assert_eq!((stats.used_bytes, stats.misuses_total, stats.allocs_total, stats.frees_total), (0, 0, 4, 4));
}

#[test]
fn ordinary_pages_when_nothing_else_is_wanted() {
    let never = Huge::builder().giant_mode(HugePages::Never).huge_mode(HugePages::Never).thp(Thp::Never);
    let huge = never.create().unwrap();
    huge.alloc(4 << 20).unwrap().fill(1);
    let block = huge.alloc_zeroed(4 << 20).unwrap();
    assert_eq!((block.backing(), block.reason()), (Backing::Base, Some(Reason::None)));
    assert!(block.zeroed());
    assert!(block.iter().all(|byte| *byte == 0));
    let stats = huge.stats().unwrap();
    assert!(stats.base_bytes >= 4 << 20);
    assert_eq!((stats.thp_bytes, stats.hugetlb_bytes, stats.fallbacks_total), (0, 0, 0));
}

#[test]
fn explicit_pages_or_a_reason() {
    let huge = Huge::builder().giant_mode(HugePages::Never).create().unwrap();
    let block = huge.alloc(4 << 20).unwrap();
    if block.backing() == Backing::Huge {
        assert_eq!(block.reason(), Some(Reason::None));
        assert!(huge.stats().unwrap().hugetlb_bytes >= 4 << 20);
    } else {
        let reason = block.reason().unwrap();
        assert_ne!(reason, Reason::None);
        assert!(huge.reason_count(reason).unwrap() >= 1);
        assert_eq!(huge.stats().unwrap().fallbacks_total, 1);
    }
}

#[test]
fn required_pages_that_are_not_there() {
    if free_pages() != 0 {
        return;
    }
    let huge = Huge::builder().giant_mode(HugePages::Never).huge_mode(HugePages::Require).create().unwrap();
    assert_eq!(huge.alloc(4 << 20).unwrap_err().kind(), ErrorKind::OutOfMemory);
    let counted = [Reason::NotReserved, Reason::Cgroup, Reason::Permission, Reason::Kernel]
        .map(|reason| huge.reason_count(reason));
    assert_eq!(counted.into_iter().map(Result::unwrap).sum::<u64>(), 1);
    assert_eq!(huge.stats().unwrap().failures_total, 1);
}

#[test]
fn refusals_are_typed() {
    let huge = Huge::builder().limit_bytes(4 << 20).create().unwrap();
    assert_eq!(huge.alloc(64 << 20).unwrap_err().kind(), ErrorKind::OutOfMemory);
    assert_eq!(huge.alloc_with(4096, 48, AllocFlags::NONE).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(huge.alloc_with(4096, 0, AllocFlags::GUARD).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(HugeConfig::new().name("a/b").create().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(HugeConfig::new().huge_page_bytes(12345).create().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(Huge::system_node(4095).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn system_makes_sense() {
    let system = Huge::system().unwrap();
    assert_eq!(system.base_page_bytes, process::stats().unwrap().page_bytes);
    assert!(system.huge_free <= system.huge_total);
    assert!(ThpMode::from_raw(system.thp_mode as u32).is_some());
    assert_ne!(system.numa_nodes, 0);
    if let Ok(node) = Huge::system_node(system.numa_nodes.trailing_zeros()) {
        assert!(node.huge_total <= system.huge_total);
        assert_eq!(node.numa_nodes.count_ones(), 1);
    }
    assert!(Huge::system_text().unwrap().contains("nr_hugepages"));
}

#[test]
fn configuration_comes_back() {
    let wanted = Huge::builder()
        .name("cfg")
        .limit_bytes(64 << 20)
        .giant_mode(HugePages::Never)
        .populate(Populate::All)
        .cache_bytes(16 << 20);
    let huge = wanted.create().unwrap();
    let config = huge.config().unwrap();
    assert_eq!(config.name, wanted.name);
    assert_eq!((config.limit_bytes, config.cache_bytes), (64 << 20, 16 << 20));
    assert_eq!((config.giant_mode, config.huge_mode), (HugePages::Never, HugePages::Prefer));
    assert_eq!(config.populate, Populate::All);
    drop(huge.alloc(4 << 20).unwrap());
    assert!(huge.stats().unwrap().populate_ns_total > 0);
    huge.purge(Purge::ALL).unwrap();
    assert_eq!(huge.stats().unwrap().cached_bytes, 0);
    huge.suggest().unwrap().create().unwrap().destroy().unwrap();
}

#[test]
fn blocks_own_their_handle_where_they_must() {
    let huge = Arc::new(Huge::builder().giant_mode(HugePages::Never).create().unwrap());
    let id = huge.stats().unwrap().id;
    let mut block = HugeBlock::new(huge.clone(), 3 << 20).unwrap();
    drop(huge);
    block[5] = 6;
    let (raw, owner) = block.into_raw();
    // SAFETY: just given away.
    let block = unsafe { HugeBlock::from_raw(raw, owner) };
    assert!(process::handles().any(|handle| handle == (id, Some(Kind::Huge))));
    assert_eq!(std::thread::spawn(move || block[5]).join().unwrap(), 6);
    assert!(process::handles().all(|handle| handle.0 != id));
}

#[test]
fn raw_blocks_and_the_deferred_end() {
    let huge = Huge::builder().giant_mode(HugePages::Never).create().unwrap();
    let (p, backing) = huge.allocx(1 << 20, 2 << 20, AllocFlags::NO_CACHE).unwrap();
    assert_eq!(p.as_ptr() as usize % (2 << 20), 0);
    assert_eq!(process::inspect(p.as_ptr()).unwrap().backing, u64::from(backing.as_raw()));
    let ended = huge.destroy_deferred().unwrap();
    // SAFETY: the block stays valid until it is freed; the second free is a mistake on purpose.
    unsafe {
        p.as_ptr().write_bytes(1, 1 << 20);
        ended.free(p).unwrap();
        assert_eq!(ended.free(p).unwrap_err().kind(), ErrorKind::Invalid);
    }
}

#[test]
fn a_heap_stands_on_huge_pages() {
    let huge = Huge::builder().giant_mode(HugePages::Never).create().unwrap();
    let heap = Tiered::builder().huge(&huge).create().unwrap();
    let block = heap.alloc(8 << 20).unwrap();
    assert!(huge.stats().unwrap().used_bytes >= 8 << 20);
    drop(huge);
    // SAFETY: within the block, which the heap keeps alive; freed once.
    unsafe {
        block.as_ptr().write_bytes(3, 8 << 20);
        heap.free(block);
    }
}
