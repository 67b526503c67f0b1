//! A file is read with the crate io-uring into slices of a ring that is registered with it, four reads in flight. Each
//! piece is checked twice, by another thread and as `Bytes`, from the same memory, and comes back out of order.

use allockit::{Ring, SharedSlice, Slice, Uring};
use bytes::Bytes;
use io_uring::{opcode, squeue, types, IoUring};
use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::fd::AsRawFd;
use std::sync::mpsc;

const PIECE: usize = 64 << 10;
const PIECES: usize = 256;
const IN_FLIGHT: usize = 4;

type Error = Box<dyn std::error::Error>;

fn byte_at(i: usize) -> u8 {
    (i * 7 + i / 256) as u8
}

fn holds_pattern(bytes: &[u8], start: usize) -> bool {
    bytes.iter().enumerate().all(|(i, byte)| *byte == byte_at(start + i))
}

/// A read of a whole slice, and whether it is a fixed one.
fn read(registered: &Uring, file: &File, slice: &mut Slice, offset: u64) -> (squeue::Entry, bool) {
    let (fd, p, len) = (types::Fd(file.as_raw_fd()), slice.as_mut_ptr(), slice.len() as u32);
    match registered.lookup(slice) {
        Some(slot) => (opcode::ReadFixed::new(fd, p, len, slot.index()).offset(offset).build(), true),
        None => (opcode::Read::new(fd, p, len).offset(offset).build(), false),
    }
}

fn run(mut io: IoUring, input: &File) -> Result<(), Error> {
    let registered = Uring::builder().name("consumer").create_table(true).slot_count(8).create(&io)?;
    let ring = Ring::builder().name("pieces").capacity_bytes(2 << 20).block_bytes(PIECE as u64).create()?;
    registered.add_ring(&ring)?;
    let refused = registered.sync().err();

    let (sender, receiver) = mpsc::sync_channel::<(SharedSlice, usize)>(4);
    let checker = std::thread::spawn(move || receiver.iter().all(|(piece, start)| holds_pattern(&piece, start)));

    // When something fails, what is in flight then is never released.
    let mut in_flight: ManuallyDrop<[Option<Slice>; IN_FLIGHT]> = Default::default();
    let (mut next, mut done, mut fixed) = (0, 0, 0);
    let mut kept: Vec<(Bytes, usize)> = Vec::new();
    let mut starts = [0; IN_FLIGHT];
    while done < PIECES {
        for place in 0..IN_FLIGHT {
            if in_flight[place].is_none() && next < PIECES {
                let mut slice = ring.acquire(PIECE)?;
                starts[place] = next * PIECE;
                let (request, is_fixed) = read(&registered, input, &mut slice, starts[place] as u64);
                // SAFETY: the slice stays in `in_flight` until the completion.
                unsafe { io.submission().push(&request.user_data(place as u64)) }?;
                in_flight[place] = Some(slice);
                fixed += usize::from(is_fixed);
                next += 1;
            }
        }
        io.submit_and_wait(1)?;
        for event in io.completion() {
            assert_eq!(event.result(), PIECE as i32, "a whole piece");
            let place = event.user_data() as usize;
            let piece = in_flight[place].take().expect("a slice in flight").freeze();
            sender.send((piece.clone(), starts[place]))?;
            kept.push((piece.slice(1000..2000).into_bytes(), starts[place] + 1000));
            done += 1;
        }
        if kept.len() > 8 {
            kept.swap_remove(0); // anything but the oldest first
            assert!(kept.drain(4..).all(|(bytes, start)| holds_pattern(&bytes, start)));
        }
    }
    drop((sender, kept));
    assert!(checker.join().is_ok_and(|all_right| all_right), "the bytes of the file");
    assert_eq!(fixed, if refused.is_none() { PIECES } else { 0 });

    let stats = ring.stats()?;
    assert_eq!((stats.allocs_total, stats.out_slices, stats.misuses_total), (PIECES as u64, 0, 0));
    println!("{} pieces, {fixed} of them by fixed reads, at most {} out", PIECES, stats.out_peak_slices);
    if let Some(error) = refused {
        println!("not registered: {error}\n{}", Uring::probe_text(2 << 20)?);
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    let io = match IoUring::new(8) {
        Ok(io) => io,
        Err(error) => {
            println!("skipped: no io_uring: {error}");
            return Ok(());
        }
    };
    let path = std::env::temp_dir().join(format!("allockit-consumer-{}", std::process::id()));
    std::fs::write(&path, (0..PIECE * PIECES).map(byte_at).collect::<Vec<u8>>())?;
    let input = File::open(&path)?;
    std::fs::remove_file(&path)?;
    run(io, &input)
}
