//! The whole program on the default heap.

use allockit::{default_heap, GlobalHeap};
use std::alloc::{alloc, alloc_zeroed, dealloc, realloc, Layout};
use std::collections::{BTreeMap, HashMap};

#[global_allocator]
static HEAP: GlobalHeap = GlobalHeap;

#[test]
fn collections_live_there() {
    let heap = default_heap().unwrap();
    let mut index: HashMap<String, BTreeMap<u32, Vec<u32>>> = HashMap::new();
    for number in 0..10_000u32 {
        index.entry(format!("word{}", number % 97)).or_default().entry(number % 31).or_default().push(number);
    }
    assert_eq!(index.values().flat_map(BTreeMap::values).map(Vec::len).sum::<usize>(), 10_000);
    assert!(index.keys().all(|word| heap.owns(word.as_ptr())));
    drop(index);
    assert_eq!(heap.stats().unwrap().misuses_total, 0);
}

#[test]
fn every_size_and_alignment_is_kept() {
    for align in [1, 8, 16, 64, 4096, 1 << 20] {
        for size in [1, 17, 1000, 20_000, 3 << 20] {
            let layout = Layout::from_size_align(size, align).unwrap();
            // SAFETY: sizes are not 0, and every block is freed with the layout it has.
            unsafe {
                let p = alloc(layout);
                assert!(!p.is_null());
                assert_eq!(p as usize % align, 0);
                p.write_bytes(9, size);
                let p = realloc(p, layout, size * 3);
                assert_eq!(p as usize % align, 0, "{size} {align}");
                assert_eq!((p.read(), p.add(size - 1).read()), (9, 9));
                dealloc(p, Layout::from_size_align(size * 3, align).unwrap());
                let p = alloc_zeroed(layout);
                assert_eq!(p as usize % align, 0);
                assert!(std::slice::from_raw_parts(p, size).iter().all(|byte| *byte == 0));
                dealloc(p, layout);
            }
        }
    }
    assert_eq!(default_heap().unwrap().stats().unwrap().misuses_total, 0);
}

#[test]
fn threads_hand_over_what_they_made() {
    let (sender, receiver) = std::sync::mpsc::channel::<Vec<String>>();
    let makers: Vec<_> = (0..4)
        .map(|maker| {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for round in 0..50 {
                    sender.send((0..100).map(|n| format!("{maker} {round} {n}")).collect()).unwrap();
                }
            })
        })
        .collect();
    drop(sender);
    assert_eq!(receiver.iter().map(|lines| lines.len()).sum::<usize>(), 20_000);
    makers.into_iter().for_each(|maker| maker.join().unwrap());
}
