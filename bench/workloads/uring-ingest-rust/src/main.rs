//! Reads files in chunks, several reads in flight, and adds up their bytes: `../uring-ingest` in Rust.
//!
//!     uring-ingest MODE LIST DEPTH CHUNK PASSES
//!
//! MODE: malloc, slots, fixed, ring, registered, pread. LIST has a path per line.

mod engine;
mod memory;

use allockit::process::PurgeThread;
use allockit::Uring;
use engine::{Engine, Pread};
use io_uring::IoUring;
use memory::{Memory, Slices, Slots, Vectors};
use std::fs::File;
use std::rc::Rc;

struct Request<C> {
    file: Rc<File>,
    chunk: C,
    offset: u64,
    length: usize,
}

/// Every byte counts, and a chunk that is used in place of another changes the result.
fn checksum(bytes: &[u8], offset: u64) -> u64 {
    let words = bytes.chunks_exact(8);
    let rest = words.remainder().iter().fold(0u64, |sum, byte| sum.wrapping_add(u64::from(*byte)));
    let sum = words.fold(rest, |sum, word| sum.wrapping_add(u64::from_ne_bytes(word.try_into().expect("8 bytes"))));
    sum.wrapping_mul(2 * offset + 1)
}

/// What is to be read next, over all files once.
struct Cursor<'a> {
    left: std::slice::Iter<'a, String>,
    open: Option<(Rc<File>, u64, u64)>, // file, its size, where to go on
}

impl Cursor<'_> {
    fn next(&mut self, chunk: usize) -> Option<(Rc<File>, u64, usize)> {
        if self.open.is_none() {
            let path = self.left.next()?;
            let file = File::open(path).expect(path);
            let size = file.metadata().expect(path).len();
            self.open = Some((Rc::new(file), size, 0));
        }
        let (file, size, offset) = self.open.take()?;
        let length = chunk.min((size - offset) as usize);
        if offset + (length as u64) < size {
            self.open = Some((Rc::clone(&file), size, offset + length as u64));
        }
        Some((file, offset, length))
    }
}

struct Ingest {
    files: Vec<String>,
    depth: usize,
    chunk: usize,
    passes: u32,
}

impl Ingest {
    /// Sum and bytes of one pass. What has ended is consumed, then as many reads are queued anew.
    fn pass<M: Memory>(&self, memory: &mut M, engine: &mut impl Engine) -> (u64, u64) {
        let mut cursor = Cursor { left: self.files.iter(), open: None };
        let mut requests: Vec<Option<Request<M::Chunk>>> = (0..self.depth).map(|_| None).collect();
        let mut done = Vec::with_capacity(self.depth);
        let (mut sum, mut bytes) = (0u64, 0u64);
        loop {
            for (id, place) in requests.iter_mut().enumerate().filter(|(_, place)| place.is_none()) {
                let Some((file, offset, length)) = cursor.next(self.chunk) else { break };
                let mut chunk = memory.get();
                // SAFETY: the chunk stays in `requests` until the read has ended, and so does the file.
                unsafe { engine.read(&file, M::pointer(&mut chunk), length, offset, id as u64) }
                *place = Some(Request { file, chunk, offset, length });
            }
            if requests.iter().all(Option::is_none) {
                return (sum, bytes);
            }
            engine.wait(&mut done);
            for ended in done.drain(..) {
                let mut request = requests[ended.id as usize].take().expect("a request");
                assert_eq!(ended.result, request.length as i32, "a read");
                // SAFETY: the read has filled that much of the chunk.
                let data = unsafe { std::slice::from_raw_parts(M::pointer(&mut request.chunk), request.length) };
                sum = sum.wrapping_add(checksum(data, request.offset));
                bytes += request.length as u64;
                memory.put(request.chunk);
                drop(request.file);
            }
        }
    }

    fn run<M: Memory>(&self, mut memory: M, mut engine: impl Engine) {
        let (mut sum, mut bytes) = (0u64, 0u64);
        for _ in 0..self.passes {
            let (one, read) = self.pass(&mut memory, &mut engine);
            sum = sum.wrapping_mul(31).wrapping_add(one);
            bytes += read;
        }
        println!("{} files, {bytes} bytes, sum {sum:016x}", self.files.len());
    }
}

fn plain(_: *const u8, _: usize) -> Option<u16> {
    None
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [mode, list, depth, chunk, passes] = &words[..] else {
        eprintln!("usage: uring-ingest MODE LIST DEPTH CHUNK PASSES");
        std::process::exit(2);
    };
    let number = |text: &String| text.parse::<usize>().expect("a number");
    let files = std::fs::read_to_string(list).expect(list).lines().map(String::from).collect();
    let all = Ingest { files, depth: number(depth), chunk: number(chunk), passes: number(passes) as u32 };
    let mut ring = engine::ring(64);
    match mode.as_str() {
        "malloc" => all.run(Vectors(all.chunk), engine::Ring { ring: &mut ring, slot: plain }),
        "slots" => all.run(Slots::new(all.depth, all.chunk), engine::Ring { ring: &mut ring, slot: plain }),
        "fixed" => by_hand(&all, &mut ring),
        "ring" => ours(&all, &mut ring),
        "registered" => ours_registered(&all, &mut ring),
        "pread" => {
            let one = Ingest { depth: 1, ..all };
            one.run(Slots::new(1, one.chunk), Pread::default());
        }
        _ => panic!("no such mode"),
    }
}

/// The program's own slots, registered by the crate.
fn by_hand(all: &Ingest, ring: &mut IoUring) {
    let slots = Slots::new(all.depth, all.chunk);
    let whole = libc::iovec { iov_base: slots.base.cast(), iov_len: slots.bytes };
    // SAFETY: slots are never given back.
    let registered = unsafe { ring.submitter().register_buffers(&[whole]) }.is_ok();
    if !registered {
        eprintln!("not registered: plain reads");
    }
    all.run(slots, engine::Ring { ring, slot: |_, _| registered.then_some(0) });
}

/// A ring of allockit, as it is.
fn ours(all: &Ingest, ring: &mut IoUring) {
    let _purge = PurgeThread::start().expect("the purge thread");
    let slices = memory::ring(all.depth, all.chunk);
    all.run(Slices::new(&slices, all.chunk), engine::Ring { ring, slot: plain });
}

/// The same, registered.
fn ours_registered(all: &Ingest, ring: &mut IoUring) {
    let _purge = PurgeThread::start().expect("the purge thread");
    let slices = memory::ring(all.depth, all.chunk);
    let registered = Uring::builder().create_table(true).create(&*ring).expect("a registration");
    registered.add_ring(&slices).expect("to add the ring");
    if let Err(error) = registered.sync() {
        eprintln!("not registered: {error}: plain reads");
    }
    let slot = |p: *const u8, length| registered.lookup_raw(p, length).ok().map(|slot| slot.index());
    all.run(Slices::new(&slices, all.chunk), engine::Ring { ring, slot });
}
