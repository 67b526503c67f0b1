//! A heap held by several owners.

use crate::tiered::Tiered;
use core::ops::Deref;
use std::sync::Arc;

/// A [`Tiered`] heap with several owners: an allocator that can be cloned, and a heap that ends with its last clone.
///
/// For containers that must own their allocator, where a borrowed `&Tiered` does not reach. Only cloning and dropping
/// touch the reference count; allocating and freeing do not.
///
/// ```
/// use allocator_api2::vec::Vec;
/// use allockit::{SharedTiered, Tiered};
///
/// fn squares(heap: &SharedTiered) -> Vec<u64, SharedTiered> {
///     let mut list = Vec::new_in(heap.clone());
///     list.extend((0..100).map(|n| n * n));
///     list
/// }
///
/// let heap = SharedTiered::from(Tiered::new()?);
/// let list = squares(&heap);
/// drop(heap);
/// assert_eq!(list[99], 9801);
/// # Ok::<(), allockit::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SharedTiered(Arc<Tiered>);

impl From<Tiered> for SharedTiered {
    fn from(heap: Tiered) -> Self {
        SharedTiered(Arc::new(heap))
    }
}

impl Deref for SharedTiered {
    type Target = Tiered;

    fn deref(&self) -> &Tiered {
        &self.0
    }
}
