//! Copies a file through slices of a ring, with the runtime of tokio-uring: `tokio_uring FROM TO`.
//!
//! What was read is written by a task of its own, from the same memory, while the next piece is read.

use allockit::Ring;
use std::collections::VecDeque;
use std::rc::Rc;
use tokio_uring::fs::File;

const PIECE: usize = 64 << 10;
const WRITES: usize = 8;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(from), Some(to)) = (arguments.next(), arguments.next()) else {
        return Err("usage: tokio_uring FROM TO".into());
    };
    // Pieces come back in any order, so one more block than is in use at once.
    let capacity = (WRITES + 2) * PIECE;
    let ring = Ring::builder().name("copy").capacity_bytes(capacity as u64).block_bytes(PIECE as u64).create()?;
    tokio_uring::start(async {
        let (from, to) = (File::open(from).await?, Rc::new(File::create(to).await?));
        let (mut offset, mut writing) = (0, VecDeque::new());
        loop {
            let mut piece = ring.acquire(PIECE)?;
            piece.clear();
            let (read, piece) = from.read_at(piece, offset).await;
            let n = read?;
            if n == 0 {
                break;
            }
            let (to, start) = (to.clone(), offset);
            writing.push_back(tokio_uring::spawn(async move { to.write_all_at(piece.freeze(), start).await.0 }));
            offset += n as u64;
            while writing.len() > WRITES {
                writing.pop_front().expect("some are").await??;
            }
        }
        for write in writing {
            write.await??;
        }
        println!("{offset} bytes, at most {} pieces at once", ring.stats()?.out_peak_slices);
        Ok(())
    })
}
