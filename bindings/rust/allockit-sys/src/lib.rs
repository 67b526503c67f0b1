//! Raw declarations of the allockit C ABI, one module per C header.
//!
//! The library is found with pkg-config at build time and nothing is compiled or wrapped here; the crate `allockit`
//! is the one to program against. Names, types and order are those of the headers, which are the manual: who owns what,
//! which thread may call, and what each error means is written there.
//!
//! # Safety
//!
//! Every function is `unsafe` for the reasons any C function is: handles must be live handles of this copy of the
//! library, pointers that are written through must be valid, and a block is dead after it was freed. Beyond that the
//! library detects misuse instead of trusting the caller; see the paragraph on misuse in `allockit/base.h`.
#![no_std]
#![allow(non_camel_case_types)]

mod arena;
mod base;
mod host;
mod huge;
#[cfg(feature = "io")]
mod io;
mod malloc;
mod nodes;
mod pool;
mod region;
mod ring;
mod stats;
mod tiered;
mod uring;

pub use arena::*;
pub use base::*;
pub use host::*;
pub use huge::*;
#[cfg(feature = "io")]
pub use io::*;
pub use malloc::*;
pub use nodes::*;
pub use pool::*;
pub use region::*;
pub use ring::*;
pub use stats::*;
pub use tiered::*;
pub use uring::*;
