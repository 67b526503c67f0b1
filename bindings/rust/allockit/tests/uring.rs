//! Registration with an io_uring of the crate `io-uring`: real files and sockets, verified bytes.
//! Where the system does not allow io_uring, these tests only say so.

#[macro_use]
mod common;

use allockit::{ErrorKind, Pool, Region, Ring, Slice, Uring, UringConfig, UringState};
use common::{attach, pattern};
use io_uring::{opcode, types, IoUring};
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// Whether the kernel took what was pending; a refusal is a state that the caller lives with.
fn synced(registered: &Uring) -> bool {
    match registered.sync() {
        Ok(_) => true,
        Err(error) => {
            eprintln!("skipped: not registered: {error}");
            assert_eq!(registered.state(), Some(UringState::Denied));
            false
        }
    }
}

struct Input(PathBuf);

impl Input {
    fn new(name: &str, len: usize) -> (Input, File) {
        let path = std::env::temp_dir().join(format!("allockit-rust-{name}-{}", std::process::id()));
        let bytes: Vec<u8> = (0..len).map(pattern).collect();
        std::fs::write(&path, bytes).unwrap();
        let file = File::open(&path).unwrap();
        (Input(path), file)
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn fixed_reads_into_slices() {
    let mut io = io_uring!();
    let registered = attach(&io);
    let ring = Ring::builder().capacity_bytes(4 << 20).create().unwrap();
    registered.add_ring(&ring).unwrap();
    assert_eq!(registered.add_ring(&ring).unwrap_err().kind(), ErrorKind::Busy);
    let fixed = synced(&registered);
    let (_input, file) = Input::new("slices", 1 << 20);
    let fd = types::Fd(file.as_raw_fd());

    let mut slices: Vec<Slice> = Vec::new();
    ring.acquire_n(64 << 10, 16, &mut slices).unwrap();
    for half in [0..8, 8..16] {
        for i in half.clone() {
            let (p, len) = (slices[i].as_mut_ptr(), slices[i].len() as u32);
            let slot = registered.lookup(&slices[i]);
            assert_eq!(slot.is_some(), fixed);
            let (offset, user_data) = ((i as u64) << 16, i as u64);
            let entry = match slot {
                Some(slot) => opcode::ReadFixed::new(fd, p, len, slot.index()).offset(offset).build(),
                None => opcode::Read::new(fd, p, len).offset(offset).build(),
            };
            // SAFETY: the slices outlive the requests.
            unsafe { io.submission().push(&entry.user_data(user_data)) }.unwrap();
        }
        io.submit_and_wait(half.len()).unwrap();
        assert!(io.completion().all(|event| event.result() == 64 << 10));
    }
    for (i, slice) in slices.iter().enumerate() {
        assert!(slice.iter().enumerate().all(|(k, byte)| *byte == pattern((i << 16) + k)), "slice {i}");
    }

    drop(ring); // its area stays registered until the next sync sees that it has gone
    assert_eq!(Slice::release_n(slices), 16);
    registered.sync().unwrap();
    assert_eq!(registered.stats().unwrap().areas, 0);
}

#[test]
fn lookups() {
    let io = io_uring!();
    let registered = attach(&io);
    let pool = Pool::new().unwrap();
    let (first, region) = (pool.get(4096).unwrap(), Region::new().unwrap());
    let block = region.alloc(1 << 20).unwrap();
    registered.add_pool(&pool).unwrap();
    registered.add_region(&block).unwrap();
    assert_eq!((registered.lookup(&first), registered.lookup(&block)), (None, None));
    if !synced(&registered) {
        return;
    }
    let slot = registered.lookup(&first).expect("registered");
    assert!(slot.index() < 16);
    let elsewhere = registered.lookup(&block[1000..]).expect("registered");
    assert_ne!(slot, elsewhere);
    assert_eq!(registered.lookup(&[0u8; 10]), None);
    let missed = registered.lookup_raw([0u8; 10].as_ptr(), 10).unwrap_err();
    assert_eq!(missed.kind(), ErrorKind::NotFound);
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(registered.lookup(&block), Some(elsewhere)));
    });
    assert!(region.stats().unwrap().pinned_bytes >= 1 << 20);

    registered.remove_pool(&pool).unwrap();
    assert_eq!(registered.remove_pool(&pool).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(registered.lookup(&first), None);
    registered.remove_memory(std::ptr::NonNull::from(&block[..]).cast()).unwrap();
    registered.sync().unwrap();
    assert_eq!(region.stats().unwrap().pinned_bytes, 0);
    let stats = registered.stats().unwrap();
    assert_eq!((stats.areas, stats.slots_used, stats.slots), (0, 0, 16));
    assert!(stats.lookups_missed_total >= 4 && stats.registers_total >= 2);
}

#[test]
fn a_pool_grows_into_the_table() {
    let io = io_uring!();
    let registered = Uring::builder().create_table(true).create(&io).unwrap();
    let pool = Pool::new().unwrap();
    registered.add_pool(&pool).unwrap();
    let mut buffers = Vec::new();
    for _ in 0..4 {
        pool.get_n(64 << 10, 50, &mut buffers).unwrap();
        if !synced(&registered) {
            return;
        }
        assert!(buffers.iter().all(|buffer| registered.lookup(buffer).is_some()));
    }
    drop(pool); // its slabs stay until they are drained
    assert!(buffers.iter().all(|buffer| registered.lookup(buffer).is_some()));
}

#[test]
fn clones_have_the_same_memory() {
    let (first, second) = (io_uring!(), io_uring!());
    let registered = attach(&first);
    let ring = Ring::new().unwrap();
    registered.add_ring(&ring).unwrap();
    if !synced(&registered) {
        return;
    }
    let clone = UringConfig::new().create_table(true).slot_count(16).create_clone(&registered, &second).unwrap();
    let slice = ring.acquire(100).unwrap();
    drop(registered);
    if synced(&clone) {
        assert!(clone.lookup(&slice).is_some());
    }
}

#[test]
fn memory_drains_when_its_request_has_ended() {
    let mut io = io_uring!();
    const TAGS: u64 = 1 << 40;
    let config = Uring::builder().create_table(true).slot_count(4).tag_base(TAGS);
    let registered = config.create(&io).unwrap();
    let region = Region::new().unwrap();
    let mut block = region.alloc(64 << 10).unwrap();
    registered.add_region(&block).unwrap();
    if !synced(&registered) {
        return;
    }
    let slot = registered.lookup(&block).unwrap();
    let (mut writer, reader) = UnixStream::pair().unwrap();
    let read = opcode::ReadFixed::new(types::Fd(reader.as_raw_fd()), block.as_mut_ptr(), 100, slot.index())
        .build()
        .user_data(7);
    // SAFETY: the block outlives the request.
    unsafe { io.submission().push(&read) }.unwrap();
    io.submit().unwrap();

    registered.remove_memory(std::ptr::NonNull::from(&block[..]).cast()).unwrap();
    registered.sync().unwrap();
    assert_eq!(registered.stats().unwrap().areas_draining, 1);
    assert!(region.stats().unwrap().pinned_bytes > 0);
    let ended = registered.destroy().unwrap();

    writer.write_all(&[9; 100]).unwrap();
    let mut seen = 0;
    while seen < 2 {
        io.submit_and_wait(1).unwrap();
        for event in io.completion() {
            match event.user_data() {
                7 => assert_eq!(event.result(), 100),
                tag => assert_eq!(ended.drained(tag), Ok(1)),
            }
            seen += 1;
        }
    }
    assert_eq!(block[..100], [9; 100]);
    assert_eq!(region.stats().unwrap().pinned_bytes, 0);
    assert_eq!(ended.drained_all().unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn what_is_no_io_uring_is_refused() {
    let file = File::open("/dev/null").unwrap();
    let on = |config: UringConfig| config.create(&file).unwrap_err();
    assert_eq!(on(Uring::builder().create_table(true)).errno(), 95); // EOPNOTSUPP
    assert_eq!(Uring::builder().create_table(true).create(&1_000_000).unwrap_err().errno(), 9); // EBADF
    let io = io_uring!();
    for config in [
        Uring::builder(),
        Uring::builder().create_table(true).slot_count(16385),
        Uring::builder().create_table(true).name("a/b"),
        Uring::builder().create_table(true).slot_count(8).tag_base(u64::MAX),
    ] {
        assert_eq!(config.create(&io).unwrap_err().kind(), ErrorKind::Invalid, "{config:?}");
    }
    let registered = attach(&io);
    if registered.state() == Some(UringState::Off) {
        assert_eq!(Uring::builder().create_table(true).create(&io).unwrap_err().kind(), ErrorKind::Busy);
    }
    assert!(format!("{registered:?}").contains("state"));
}

#[test]
fn what_the_system_allows() {
    let probe = Uring::probe().unwrap();
    assert_eq!((probe.max_slots, probe.max_slot_bytes), (16384, 1 << 30));
    assert_eq!(probe.available == 1, IoUring::new(2).is_ok());
    assert!(!Uring::probe_text(1 << 30).unwrap().is_empty());
}

#[cfg(feature = "io-uring")]
#[test]
fn prepared_requests() {
    let mut io = io_uring!();
    let registered = attach(&io);
    let pool = Pool::new().unwrap();
    registered.add_pool(&pool).unwrap();
    let mut inside = pool.get(10_000).unwrap();
    synced(&registered);
    let mut outside = vec![0u8; 10_000];
    let (input, file) = Input::new("prepared", 20_000);
    let fd = types::Fd(file.as_raw_fd());
    let reads = [registered.prep_read(fd, &mut inside, 0), registered.prep_read(fd, &mut outside, 10_000)];
    // SAFETY: both buffers outlive the requests.
    unsafe { io.submission().push_multiple(&reads) }.unwrap();
    io.submit_and_wait(2).unwrap();
    assert!(io.completion().all(|event| event.result() == 10_000));
    assert!(inside.iter().chain(&outside).enumerate().all(|(i, byte)| *byte == pattern(i)));

    let out = File::create(&input.0).unwrap();
    let fd = types::Fd(out.as_raw_fd());
    let writes = [registered.prep_write(fd, &outside, 0), registered.prep_write(fd, &inside, 10_000)];
    // SAFETY: both buffers outlive the requests.
    unsafe { io.submission().push_multiple(&writes) }.unwrap();
    io.submit_and_wait(2).unwrap();
    let written = std::fs::read(&input.0).unwrap();
    assert!(written == [&outside[..], &inside[..]].concat());
}
