//! What concerns the whole process; a program of its own, because these figures are shared by all handles.

use allockit::{
    default_configure, default_heap, process, ErrorKind, Feature, Kind, MisuseMode, Purge, Tiered, TieredConfig,
};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Mutex;

/// Tests of one program run at the same time, and misuse handler and purge thread exist once.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn version_is_that_of_this_crate() {
    let (major, minor, patch) = process::version();
    assert_eq!(format!("{major}.{minor}.{patch}"), process::version_string());
    assert_eq!((major, minor), (0, 1));
    process::feature(Feature::Uring);
}

#[test]
fn default_heap_is_there() {
    default_configure(&TieredConfig::new().name("default")).unwrap();
    let heap = default_heap().unwrap();
    assert_eq!(default_configure(&TieredConfig::new()).unwrap_err().kind(), ErrorKind::Busy);
    assert_eq!(heap.name().as_deref(), Some("default"));
    // SAFETY: the default heap refuses to be destroyed.
    let copy = unsafe { Tiered::from_raw(heap.as_raw()) }.unwrap();
    assert_eq!(copy.destroy().unwrap_err().kind(), ErrorKind::NotPermitted);
    assert!(heap.alloc(10).is_ok());
}

#[test]
fn handles_are_listed() {
    let heap = Tiered::new().unwrap();
    let id = heap.stats().unwrap().id;
    assert!(process::handles().any(|handle| handle == (id, Some(Kind::Tiered))));
    drop(heap);
    assert!(process::handles().all(|handle| handle.0 != id));
    assert!(process::stats().unwrap().handles_created_total >= 1);
}

#[test]
fn addresses_are_found() {
    let heap = Tiered::new().unwrap();
    let block = heap.alloc(100).unwrap();
    let info = process::inspect(block.as_ptr()).unwrap();
    assert_eq!(info.base, block.as_ptr() as u64);
    assert!(info.usable_bytes >= 100);
    assert!(process::inspect(&info as *const _ as *const u8).is_none());
}

#[test]
fn purge_thread_ends_with_its_last_guard() {
    let _alone = ALONE.lock();
    let first = process::PurgeThread::start().unwrap();
    let second = process::PurgeThread::start().unwrap();
    drop(first);
    assert_eq!(process::stats().unwrap().purge_thread_running, 1);
    drop(second);
    assert_eq!(process::stats().unwrap().purge_thread_running, 0);
}

#[test]
fn maintenance_can_be_called() {
    process::maintain().unwrap();
    process::thread_flush().unwrap();
    process::cache_limit(0).unwrap();
    process::purge(Purge::ALL).unwrap();
}

#[test]
fn misuse_is_told() {
    static SEEN: AtomicU64 = AtomicU64::new(0);
    let _alone = ALONE.lock();
    let heap = Tiered::new().unwrap();
    let block = heap.alloc(5 << 20).unwrap();
    process::misuse_handler(Some(|_, handle_id, _| SEEN.store(handle_id, Ordering::Relaxed))).unwrap();
    // SAFETY: a mistake on purpose, which the library detects and ignores.
    unsafe {
        heap.free(block);
        heap.free(block);
    }
    process::misuse_handler(None).unwrap();
    process::misuse_mode(MisuseMode::Report).unwrap();
    assert_eq!(heap.stats().unwrap().misuses_total, 1);
    let id = heap.stats().unwrap().id;
    assert!([0, id].contains(&SEEN.load(Ordering::Relaxed)));
}

#[test]
fn reports_cover_all_handles() {
    let heap = Tiered::builder().name("reported").create().unwrap();
    assert!(process::stats_json().unwrap().contains("\"reported\""));
    let metrics = process::stats_openmetrics().unwrap();
    assert!(metrics.contains("handle=\"reported\"") && metrics.trim_end().ends_with("# EOF"));
    drop(heap);
}
