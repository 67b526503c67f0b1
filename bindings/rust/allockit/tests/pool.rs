//! Pools: their end with buffers out, threads, batches, raw buffers, leaks, figures.

use allockit::{process, ErrorKind, ExhaustMode, Kind, MisuseMode, Pool, PooledBuf};

fn alive(id: u64) -> bool {
    process::handles().any(|handle| handle == (id, Some(Kind::Pool)))
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
                })
                .join()
                .unwrap();
            });
        }
    });
    let stats = pool.stats().unwrap();
    assert_eq!((stats.allocs_total, stats.frees_total, stats.misuses_total), (800, 800, 0));
}

#[test]
fn a_buffer_of_a_thread_goes_back_when_the_thread_ends() {
    thread_local!(static KEPT: std::cell::RefCell<Option<PooledBuf>> = const { std::cell::RefCell::new(None) });
    let pool = Pool::new().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| KEPT.with(|kept| *kept.borrow_mut() = pool.get(3000).ok())).join().unwrap();
    });
    let stats = pool.stats().unwrap();
    assert_eq!((stats.allocs_total, stats.out_buffers, stats.misuses_total), (1, 0, 0));
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
    process::misuse_mode(MisuseMode::Count).unwrap();
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
fn raw_buffers() {
    let pool = Pool::new().unwrap();
    process::misuse_mode(MisuseMode::Count).unwrap();
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
