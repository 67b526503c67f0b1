//! The rows of the ring in Rust: the loops of ../sweep.cc over what Rust programs would use.
//!
//!     ring-rows JOB --way allockit|bytes|ringbuf [--time SECONDS] [--bytes N] [--purge-thread]

mod rings;

use allockit::process::PurgeThread;
use rings::{Cut, Ours, Slices, Spsc};
use std::collections::VecDeque;
use std::time::Instant;

const PAGE: usize = 4096;
const MOST_LIVE: usize = 1024;
const WARM_UP: usize = 10_000;

struct Options {
    job: String,
    way: String,
    seconds: f64,
    bytes: Option<usize>,
    purge_thread: bool,
}

fn options() -> Option<Options> {
    let mut words = std::env::args().skip(1);
    let mut given = Options { job: words.next()?, way: String::new(), seconds: 0.1, bytes: None, purge_thread: false };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--way" => given.way = words.next()?,
            "--time" => given.seconds = words.next()?.parse().ok()?,
            "--bytes" => given.bytes = Some(words.next()?.parse().ok()?),
            "--purge-thread" => given.purge_thread = true,
            _ => return None,
        }
    }
    Some(given)
}

/// Anonymous memory, as the rows in C++ count it.
fn resident_kib() -> i64 {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").expect("smaps_rollup");
    let line = text.lines().find(|line| line.starts_with("Anonymous:")).expect("a line");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}

/// Slices of a page until the area is full, a float written into each; then all are released in order.
fn touch_area<S: Slices>(ring: &mut S, capacity: usize) {
    let mut slices = VecDeque::with_capacity(capacity / PAGE);
    while slices.len() < capacity / PAGE {
        let Some(slice) = ring.acquire(PAGE, Some(slices.len() as f32)) else { break };
        slices.push_back(slice);
    }
    while let Some(slice) = slices.pop_front() {
        ring.release(slice);
    }
}

/// Nanoseconds per step: see ../sweep.cc.
fn steps<S: Slices, const WRITTEN: bool>(ring: &mut S, length: usize, live: usize, count: u64) -> f64 {
    let acquire = |ring: &mut S, i: u64| ring.acquire(length, WRITTEN.then_some(i as f32)).expect("room");
    for i in 0..WARM_UP {
        let slice = acquire(ring, i as u64);
        ring.release(slice);
    }
    let mut slots: Vec<S::Slice> = Vec::with_capacity(live);
    let start = Instant::now();
    for _ in 0..live {
        slots.push(ring.acquire(length, None).expect("room"));
    }
    let mut at = 0;
    for i in 0..count {
        let slice = acquire(ring, i);
        ring.release(std::mem::replace(&mut slots[at], slice));
        at += 1;
        if at == live {
            at = 0;
        }
    }
    let spent = start.elapsed().as_nanos() as f64;
    for slice in slots {
        ring.release(slice);
    }
    spent / count as f64
}

struct Report {
    count: u64,
    resident_at_start: i64,
}

impl Report {
    fn line(&self, row: &str, ns: f64) {
        println!(
            "{{\"row\": \"{row}\", \"value\": {ns}, \"resident_kib\": {}}}",
            resident_kib() - self.resident_at_start
        );
    }

    fn run<S: Slices>(&self, given: &Options, make: impl Fn(usize, usize) -> S) {
        match given.job.as_str() {
            "sizes" => {
                let capacity = given.bytes.unwrap_or(2 << 30);
                let mut ring = make(capacity, 32 << 10);
                touch_area(&mut ring, capacity);
                for length in (9..16).map(|shift| 1 << shift) {
                    self.line(&format!("sizes-{length}"), steps::<S, true>(&mut ring, length, MOST_LIVE, self.count));
                }
            }
            "profile" => {
                let mut ring = make(32 << 20, PAGE);
                self.line("profile", steps::<S, false>(&mut ring, PAGE, MOST_LIVE, self.count));
            }
            job => {
                let capacity = size(job.strip_prefix("sweep-").expect("a job")).expect("a size");
                let mut ring = make(capacity, PAGE);
                touch_area(&mut ring, capacity);
                let live = (capacity / PAGE / 2).clamp(4, MOST_LIVE);
                self.line(job, steps::<S, true>(&mut ring, PAGE, live, self.count));
            }
        }
    }
}

/// 32K, 8M, 1G
fn size(text: &str) -> Option<usize> {
    let shift = match text.bytes().last()? {
        b'K' => 10,
        b'M' => 20,
        b'G' => 30,
        _ => return None,
    };
    text[..text.len() - 1].parse::<usize>().ok().map(|number| number << shift)
}

fn main() {
    let Some(given) = options() else {
        eprintln!("usage: ring-rows JOB --way allockit|bytes|ringbuf [--time SECONDS] [--bytes N] [--purge-thread]");
        std::process::exit(2);
    };
    let _purge = given.purge_thread.then(|| PurgeThread::start().expect("the purge thread"));
    let report = Report { count: (given.seconds * 1e8) as u64, resident_at_start: resident_kib() };
    match given.way.as_str() {
        "bytes" => report.run(&given, |capacity, _| Cut::new(capacity)),
        "ringbuf" => report.run(&given, |capacity, _| Spsc::new(capacity)),
        _ => report.run(&given, Ours::new),
    }
}
