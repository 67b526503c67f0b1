//! Memory allocators as handles: each is created, capped, measured, purged and destroyed on its own.
//!
//! The crate is a thin layer over the system library `liballockit`: types and ownership, no second implementation.
//! Sizes are in bytes and times in nanoseconds or [`Duration`](core::time::Duration).
//!
//! * [`Tiered`] (also [`Heap`]) is a general-purpose heap that any thread may use.
//! * [`GlobalHeap`] puts the whole program on the default heap with `#[global_allocator]`.
//! * With the feature `allocator-api2` (on by default) `&Tiered`, [`Tiered`], [`SharedTiered`] and [`GlobalHeap`] are
//!   allocators for `allocator_api2::vec::Vec`, `hashbrown::HashMap` and whatever else takes one.
//! * [`Region`] hands out big blocks of whole pages and keeps what is freed; [`Huge`] does so on huge pages.
//! * [`Pool`] hands out byte buffers in size classes as [`PooledBuf`]; with the feature `bytes` (on by default) these take
//!   part in the crate of that name: they are `BufMut`, and become `Bytes` without copying.
//! * [`Ring`] hands out slices of one area in a row, by one producer; each [`Slice`] goes back by itself from any thread,
//!   and becomes a [`SharedSlice`] or `Bytes` without copying.
//! * [`Uring`] registers what these hand out with an io_uring of the program, and [`Group`] lets the kernel pick buffers of
//!   a pool; with the feature `io-uring` they make requests for the crate of that name.
//! * With the feature `tokio-uring` buffers and slices are what files and sockets of that crate read into and write from.
//! * With the feature `io`, which needs the library `allockit_io`, `Io` is a small io_uring whose requests own their buffers.
//! * [`process`] has what concerns all handles at once: maintenance, the purge thread, text reports.
//!
#![cfg_attr(feature = "allocator-api2", doc = "```")]
#![cfg_attr(not(feature = "allocator-api2"), doc = "```ignore")]
//! use allocator_api2::vec::Vec;
//! use allockit::Tiered;
//!
//! let heap = Tiered::builder().name("request").limit_bytes(16 << 20).create()?;
//! let mut lines = Vec::new_in(&heap);
//! lines.extend(0..1000u64);
//! assert!(heap.stats()?.used_bytes >= 8000);
//! // The cap refuses; nothing aborts.
//! let mut big: Vec<u8, _> = Vec::new_in(&heap);
//! assert!(big.try_reserve(64 << 20).is_err());
//! # Ok::<(), allockit::Error>(())
//! ```

mod batch;
mod buffer;
mod config;
mod error;
mod global;
mod handle;
mod huge;
#[cfg(feature = "io")]
mod io;
mod modes;
mod owner;
mod pool;
pub mod process;
mod region;
mod ring;
mod settings;
mod stats;
mod tiered;
#[cfg(feature = "tokio-uring")]
mod tokio_uring;
mod uring;

#[cfg(feature = "allocator-api2")]
mod allocator;
#[cfg(feature = "allocator-api2")]
mod shared;

pub use config::TieredConfig;
pub use error::{Error, ErrorKind, Result};
pub use global::{default_configure, default_heap, GlobalHeap};
pub use huge::{EndedHuge, Huge, HugeBlock, HugeConfig};
#[cfg(feature = "io")]
pub use io::{Io, IoBuf, IoChoice, IoConfig, IoEvent, IoItem, Rejected, Request};
pub use modes::*;
pub use owner::Owner;
pub use pool::{EndedPool, Leaks, Pool, PoolConfig, PooledBuf};
pub use region::{EndedRegion, Region, RegionBlock, RegionConfig, RegionPin};
pub use ring::{Releaser, Ring, RingConfig, SharedSlice, Slice};
#[cfg(feature = "allocator-api2")]
pub use shared::SharedTiered;
#[cfg(feature = "io")]
pub use stats::IoStats;
pub use stats::{BlockInfo, ClassStats, GroupStats, HugeStats, HugeSystem, PoolStats, ProcessStats, RegionStats};
pub use stats::{RingStats, TieredStats, UringProbe, UringStats};
pub use tiered::Tiered;
pub use uring::{EndedUring, Group, GroupBuf, GroupConfig, Slot, Uring, UringConfig};

/// The name most programs will want for [`Tiered`].
pub type Heap = Tiered;

/// None, never or unlimited, in configuration fields of 64 bits.
pub const NONE: u64 = allockit_sys::AKIT_NONE;

/// Alignment that every block has at least.
pub const MIN_ALIGN: usize = allockit_sys::AKIT_MIN_ALIGN;

#[cfg(all(doctest, feature = "bytes"))]
#[doc = include_str!("../../README.md")]
struct Readme;
