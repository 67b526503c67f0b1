//! A word index in a capped heap of its own: counted, refused at the cap, and dropped as a whole. Its lines go out in
//! buffers of a pool, which another thread puts back.

use allocator_api2::vec::Vec;
use allockit::{Pool, PooledBuf, Purge, Tiered};
use hashbrown::{DefaultHashBuilder, HashMap};
use std::io::Write;
use std::sync::mpsc;

type Lines<'h> = Vec<u32, &'h Tiered>;
type Index<'h> = HashMap<&'static str, Lines<'h>, DefaultHashBuilder, &'h Tiered>;

const WORDS: [&str; 8] = ["arena", "block", "cache", "depot", "extent", "heap", "page", "region"];

fn fill(heap: &Tiered) -> Index<'_> {
    let mut index = Index::new_in(heap);
    for line in 0..100_000u32 {
        let word = WORDS[line as usize * 7 % WORDS.len()];
        index.entry(word).or_insert_with(|| Vec::new_in(heap)).push(line);
    }
    index
}

/// One buffer per word through a channel, and the bytes that came out of it.
fn send(index: &Index, pool: &Pool) -> Result<usize, Box<dyn std::error::Error>> {
    let (sender, receiver) = mpsc::channel::<PooledBuf>();
    let reader = std::thread::spawn(move || receiver.iter().map(|buffer| buffer.len()).sum());
    for (word, lines) in index {
        let mut buffer = pool.get(0)?;
        writeln!(buffer, "{word} {}", lines.len())?;
        sender.send(buffer)?;
    }
    drop(sender);
    reader.join().map_err(|_| "the reader panicked".into())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let heap = Tiered::builder().name("index").limit_bytes(16 << 20).create()?;
    let index = fill(&heap);
    let lines: usize = index.values().map(|lines| lines.len()).sum();
    println!("allockit {}: {} words, {lines} lines", allockit::process::version_string(), index.len());

    let refused = Lines::new_in(&heap).try_reserve(100 << 20);
    assert!(refused.is_err(), "the cap is 16 MiB");
    let stats = heap.stats()?;
    println!("{} bytes used, {} cached, {} mapped", stats.used_bytes, stats.cached_bytes, stats.mapped_bytes);
    println!("{} blocks handed out, {} taken back", stats.allocs_total, stats.frees_total);

    let pool = Pool::builder().name("lines").create()?;
    println!("{} bytes sent", send(&index, &pool)?);
    let sent = pool.stats()?;
    assert_eq!((sent.allocs_total, sent.out_buffers, sent.misuses_total), (WORDS.len() as u64, 0, 0));

    drop(index);
    let stats = heap.stats()?;
    assert_eq!(stats.used_bytes, 0);
    assert!(stats.mapped_peak_bytes <= 16 << 20);
    heap.purge(Purge::ALL)?;
    heap.destroy()?;
    println!("done");
    Ok(())
}
