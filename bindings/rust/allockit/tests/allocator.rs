//! Containers in a heap, through `Allocator` of allocator-api2.
#![cfg(feature = "allocator-api2")]

use allocator_api2::alloc::{Allocator, Layout};
use allocator_api2::boxed::Box;
use allocator_api2::vec::Vec;
use allockit::{GlobalHeap, SharedTiered, Tiered};
use hashbrown::{DefaultHashBuilder, HashMap};

#[test]
fn map_and_lists_live_in_a_heap() {
    let heap = Tiered::new().unwrap();
    let mut map: HashMap<u32, Vec<u32, &Tiered>, DefaultHashBuilder, &Tiered> = HashMap::new_in(&heap);
    for number in 0..100_000 {
        map.entry(number % 1000).or_insert_with(|| Vec::new_in(&heap)).push(number);
    }
    assert!(map.values().all(|list| list.len() == 100 && heap.owns(list.as_ptr().cast())));
    assert!(heap.stats().unwrap().used_bytes >= 400_000);
    drop(map);
    let stats = heap.stats().unwrap();
    assert_eq!((stats.used_bytes, stats.misuses_total), (0, 0));
}

#[test]
fn contents_may_be_forgotten_and_go_with_the_heap() {
    let heap = Tiered::new().unwrap();
    let mut list = Vec::new_in(&heap);
    list.extend(0..10_000u64);
    std::mem::forget(list);
    drop(heap);
}

#[test]
fn a_container_may_own_its_heap() {
    let mut list = Vec::new_in(Tiered::new().unwrap());
    list.extend(0..1000u32);
    assert_eq!(list.iter().sum::<u32>(), 499_500);
    let boxed = Box::new_in([1u8; 100], Tiered::new().unwrap());
    assert_eq!(boxed[99], 1);
}

#[test]
fn clones_hold_the_heap_together() {
    let heap = SharedTiered::from(Tiered::new().unwrap());
    let mut first: Vec<u32, SharedTiered> = Vec::new_in(heap.clone());
    first.extend(0..1000);
    let second = first.clone();
    drop(heap);
    drop(first);
    assert_eq!(second.len(), 1000);
    assert!(second.allocator().owns(second.as_ptr().cast()));
    std::thread::spawn(move || drop(second)).join().unwrap();
}

#[test]
fn the_cap_refuses_and_nothing_aborts() {
    let heap = Tiered::builder().limit_bytes(4 << 20).create().unwrap();
    let mut list: Vec<u8, &Tiered> = Vec::new_in(&heap);
    assert!(list.try_reserve(64 << 20).is_err());
    list.try_reserve(1 << 20).unwrap();
    list.resize(1 << 20, 1);
    assert_eq!(list[(1 << 20) - 1], 1);
}

/// Every change of size and alignment that the trait allows, with payload.
fn resizes(heap: &impl Allocator) {
    let sizes = [0, 1, 40, 3000, 70_000, 3 << 20];
    let (fives, zeroes) = (vec![5u8; 3 << 20], vec![0u8; 3 << 20]);
    for align in [1, 16, 64, 4096] {
        for new_align in [align, 1, 128] {
            for (old_size, new_size) in sizes.iter().flat_map(|a| sizes.iter().map(move |b| (*a, *b))) {
                let old = Layout::from_size_align(old_size, align).unwrap();
                let new = Layout::from_size_align(new_size, new_align).unwrap();
                // SAFETY: each block is used within its layout and freed once, with the layout it has last.
                unsafe {
                    let p = heap.allocate(old).unwrap().cast::<u8>();
                    p.as_ptr().write_bytes(5, old_size);
                    let q = if new_size >= old_size {
                        heap.grow_zeroed(p, old, new).unwrap()
                    } else {
                        heap.shrink(p, old, new).unwrap()
                    };
                    assert_eq!(q.cast::<u8>().as_ptr() as usize % new_align, 0);
                    let kept = old_size.min(new_size);
                    assert!(q.as_ref()[..kept] == fives[..kept]);
                    assert!(q.as_ref()[kept..new_size] == zeroes[kept..new_size]);
                    heap.deallocate(q.cast(), new);
                }
            }
        }
    }
}

#[test]
fn blocks_resize_in_every_way() {
    let heap = Tiered::new().unwrap();
    resizes(&heap);
    let stats = heap.stats().unwrap();
    assert_eq!((stats.used_bytes, stats.misuses_total), (0, 0));
    resizes(&GlobalHeap);
    resizes(&SharedTiered::from(heap));
}
