//! The index on the system's malloc, which the peers replace by preload.

use std::alloc::System;

#[global_allocator]
static HEAP: System = System;

fn main() {
    rust_index::run();
}
