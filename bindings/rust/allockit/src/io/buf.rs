//! Buffers that requests can own.

use crate::pool::PooledBuf;
use crate::ring::{SharedSlice, Slice};
use core::ops::Deref;

/// Memory that a request of an [`Io`](crate::Io) can own; made by `into()`, and taken apart by `try_into()` or `match`.
#[derive(Debug)]
#[non_exhaustive]
pub enum IoBuf {
    /// A buffer of a pool.
    Pooled(PooledBuf),
    /// A slice of a ring.
    Slice(Slice),
    /// A slice that can only be read.
    Shared(SharedSlice),
    /// A vector.
    Vec(Vec<u8>),
    /// Bytes of the crate `bytes`, which can only be read.
    #[cfg(feature = "bytes")]
    Bytes(bytes::Bytes),
}

impl IoBuf {
    /// The bytes, if they can be written to.
    pub fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        match self {
            IoBuf::Pooled(buffer) => Some(buffer),
            IoBuf::Slice(slice) => Some(slice),
            IoBuf::Vec(vec) => Some(vec),
            _ => None,
        }
    }

    /// Makes the length `len`, if it is longer and can be changed.
    pub fn truncate(&mut self, len: usize) {
        match self {
            IoBuf::Pooled(buffer) => buffer.truncate(len),
            IoBuf::Slice(slice) => slice.truncate(len),
            IoBuf::Vec(vec) => vec.truncate(len),
            IoBuf::Shared(_) => {}
            #[cfg(feature = "bytes")]
            IoBuf::Bytes(bytes) => bytes.truncate(len),
        }
    }
}

impl Deref for IoBuf {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            IoBuf::Pooled(buffer) => buffer,
            IoBuf::Slice(slice) => slice,
            IoBuf::Shared(slice) => slice,
            IoBuf::Vec(vec) => vec,
            #[cfg(feature = "bytes")]
            IoBuf::Bytes(bytes) => bytes,
        }
    }
}

macro_rules! kinds {
    ($($(#[$attribute:meta])* $variant:ident($buffer:ty),)*) => {$(
        $(#[$attribute])*
        impl From<$buffer> for IoBuf {
            fn from(buffer: $buffer) -> Self {
                IoBuf::$variant(buffer)
            }
        }

        /// What is of another kind comes back.
        $(#[$attribute])*
        impl TryFrom<IoBuf> for $buffer {
            type Error = IoBuf;

            fn try_from(buffer: IoBuf) -> Result<Self, IoBuf> {
                match buffer {
                    IoBuf::$variant(buffer) => Ok(buffer),
                    other => Err(other),
                }
            }
        }
    )*};
}

kinds! {
    Pooled(PooledBuf),
    Slice(Slice),
    Shared(SharedSlice),
    Vec(Vec<u8>),
    #[cfg(feature = "bytes")]
    Bytes(bytes::Bytes),
}
