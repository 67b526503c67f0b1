//! Buffers with a length and a fixed capacity, [`PooledBuf`](crate::PooledBuf) and [`Slice`](crate::Slice): what they do
//! as slices of bytes, written once.

/// What whatever reads as a slice has: compared and hashed as one.
macro_rules! reads_as_slice {
    ($name:ident) => {
        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                self
            }
        }

        impl core::borrow::Borrow<[u8]> for $name {
            fn borrow(&self) -> &[u8] {
                self
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                **self == **other
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> core::cmp::Ordering {
                (**self).cmp(&**other)
            }
        }

        impl core::hash::Hash for $name {
            fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
                (**self).hash(state);
            }
        }
    };
}

/// A type with fields `p`, `len` and `capacity`, of which the first `len` bytes are shown and all are its own.
macro_rules! buffer {
    ($name:ident) => {
        /// Length and contents.
        impl $name {
            /// Bytes there is room for.
            #[inline]
            pub fn capacity(&self) -> usize {
                self.capacity
            }

            /// Changes the length. What grew has undefined contents.
            ///
            /// # Errors
            ///
            /// [`TooLarge`](crate::ErrorKind::TooLarge) beyond the capacity; then nothing changes.
            #[inline]
            pub fn set_len(&mut self, len: usize) -> $crate::Result<()> {
                if len > self.capacity {
                    return Err($crate::Error::from_errno($crate::buffer::EMSGSIZE));
                }
                self.len = len;
                Ok(())
            }

            /// Changes the length, and fills what grew with `value`.
            ///
            /// # Errors
            ///
            /// As [`set_len`](Self::set_len).
            pub fn resize(&mut self, len: usize, value: u8) -> $crate::Result<()> {
                let old = self.len;
                self.set_len(len)?;
                if let Some(grown) = self.get_mut(old..) {
                    grown.fill(value);
                }
                Ok(())
            }

            /// Makes the length `len`, if it is longer.
            pub fn truncate(&mut self, len: usize) {
                self.len = self.len.min(len);
            }

            /// Makes the length 0.
            pub fn clear(&mut self) {
                self.len = 0;
            }

            /// Appends a copy of `bytes`.
            ///
            /// # Errors
            ///
            /// [`TooLarge`](crate::ErrorKind::TooLarge) when it does not fit; then nothing changes.
            pub fn extend_from_slice(&mut self, bytes: &[u8]) -> $crate::Result<()> {
                let full = $crate::Error::from_errno($crate::buffer::EMSGSIZE);
                let room = self.spare_mut().get_mut(..bytes.len()).ok_or(full)?;
                room.copy_from_slice(bytes);
                self.len += bytes.len();
                Ok(())
            }

            /// The bytes behind the length, up to the capacity, with undefined contents. What is written there belongs
            /// to the buffer after [`set_len`](Self::set_len).
            pub fn spare_mut(&mut self) -> &mut [u8] {
                // SAFETY: within the buffer, which is ours; for the values see `deref`.
                unsafe { core::slice::from_raw_parts_mut(self.p.as_ptr().add(self.len), self.capacity - self.len) }
            }

            /// Appends what one `read` of `reader` gives, without zeroing the room for it first, and says how many bytes;
            /// 0 is the end, or a full buffer.
            ///
            /// # Errors
            ///
            /// Those of `reader`; then the length is as it was.
            pub fn read_from<R: std::io::Read + ?Sized>(&mut self, reader: &mut R) -> std::io::Result<usize> {
                let n = reader.read(self.spare_mut())?;
                assert!(n <= self.capacity - self.len, "the reader says it read more than there was room for");
                self.len += n;
                Ok(n)
            }
        }

        impl core::ops::Deref for $name {
            type Target = [u8];

            #[inline]
            fn deref(&self) -> &[u8] {
                // SAFETY: the buffer has that many bytes and is ours. They have values: pages come from the system,
                // which fills them, and stay outside of what Rust knows of allocation, so "undefined" contents are old
                // or zero, never nothing.
                unsafe { core::slice::from_raw_parts(self.p.as_ptr(), self.len) }
            }
        }

        impl core::ops::DerefMut for $name {
            #[inline]
            fn deref_mut(&mut self) -> &mut [u8] {
                // SAFETY: as in `deref`, and nobody else has a reference.
                unsafe { core::slice::from_raw_parts_mut(self.p.as_ptr(), self.len) }
            }
        }

        $crate::buffer::reads_as_slice!($name);

        impl AsMut<[u8]> for $name {
            fn as_mut(&mut self) -> &mut [u8] {
                self
            }
        }

        impl core::borrow::BorrowMut<[u8]> for $name {
            fn borrow_mut(&mut self) -> &mut [u8] {
                self
            }
        }

        /// Appends, up to the capacity: `write` takes what fits, and 0 bytes when there is no room.
        impl std::io::Write for $name {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                let n = bytes.len().min(self.capacity - self.len);
                self.extend_from_slice(&bytes[..n])?;
                Ok(n)
            }

            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("p", &self.p)
                    .field("len", &self.len)
                    .field("capacity", &self.capacity)
                    .finish_non_exhaustive()
            }
        }

        impl $name {
            /// As [`Bytes`](bytes::Bytes), which can be cloned and cut without copying; the memory goes back when the
            /// last of them is dropped.
            #[cfg(feature = "bytes")]
            pub fn into_bytes(self) -> bytes::Bytes {
                bytes::Bytes::from_owner(self)
            }
        }

        #[cfg(feature = "bytes")]
        impl From<$name> for bytes::Bytes {
            fn from(buffer: $name) -> Self {
                buffer.into_bytes()
            }
        }

        /// Writes behind the length, up to the capacity, as `extend_from_slice` does; `clear` makes room for a start at
        /// the front. What does not fit panics, as this trait says.
        // SAFETY: `chunk_mut` is the memory between length and capacity, and `advance_mut` goes no further.
        #[cfg(feature = "bytes")]
        unsafe impl bytes::BufMut for $name {
            fn remaining_mut(&self) -> usize {
                self.capacity - self.len
            }

            unsafe fn advance_mut(&mut self, n: usize) {
                let len = self.len.saturating_add(n);
                assert!(self.set_len(len).is_ok(), "cannot advance by {n}, {} left", self.capacity - self.len);
            }

            fn chunk_mut(&mut self) -> &mut bytes::buf::UninitSlice {
                bytes::buf::UninitSlice::new(self.spare_mut())
            }
        }
    };
}

pub(crate) const EMSGSIZE: i32 = 90;

pub(crate) use {buffer, reads_as_slice};
