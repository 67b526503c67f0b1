//! Who keeps a handle alive for a block.

use crate::huge::Huge;
use crate::region::Region;
use crate::uring::Group;
use core::ops::Deref;
use std::sync::Arc;

/// What a block of a [`Region`] or [`Huge`] handle, or a buffer of a [`Group`], may hold the handle by: `&Region`, or
/// `Arc<Region>` for blocks that own a share of it and may live anywhere. Other types cannot be: a block relies on it that the handle never changes.
pub trait Owner<H>: Deref<Target = H> + Clone + sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! owners {
    ($($handle:ty,)*) => {$(
        impl sealed::Sealed for &$handle {}
        impl Owner<$handle> for &$handle {}
        impl sealed::Sealed for Arc<$handle> {}
        impl Owner<$handle> for Arc<$handle> {}
    )*};
}

owners! {
    Region,
    Huge,
    Group,
}
