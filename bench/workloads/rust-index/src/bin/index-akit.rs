//! The same index with the default heap of allockit as the global allocator.

use allockit::process::PurgeThread;
use allockit::GlobalHeap;

#[global_allocator]
static HEAP: GlobalHeap = GlobalHeap;

fn main() {
    let _purge = PurgeThread::start().expect("the purge thread");
    rust_index::run();
}
