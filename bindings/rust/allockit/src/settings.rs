//! Configurations of regions, huge pages, pools and rings: what they have in common, written once.

use crate::error::{Error, Result};
use core::ffi::{c_char, CStr};
use std::ffi::CString;

/// A field of a configuration and its form in C.
pub(crate) trait Setting: Copy {
    /// The type in C.
    type Raw;

    /// The value for C.
    fn to_c(self) -> Self::Raw;

    /// The value from C; `None` for one that this crate does not know.
    fn from_c(raw: Self::Raw) -> Option<Self>;
}

impl Setting for u64 {
    type Raw = u64;

    fn to_c(self) -> u64 {
        self
    }

    fn from_c(raw: u64) -> Option<u64> {
        Some(raw)
    }
}

impl Setting for bool {
    type Raw = u32;

    fn to_c(self) -> u32 {
        self.into()
    }

    fn from_c(raw: u32) -> Option<bool> {
        match raw {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// A value as this crate has it; a library that is newer than the crate may have others.
pub(crate) fn known<T: Setting>(raw: T::Raw) -> Result<T> {
    T::from_c(raw).ok_or(Error::from_errno(22))
}

/// The name for C; it must live as long as its pointer is used.
pub(crate) fn name_to_c(name: &Option<String>) -> Result<Option<CString>> {
    name.as_deref().map(|name| CString::new(name).map_err(|_| Error::from_errno(22))).transpose()
}

/// The name from C.
///
/// # Safety
///
/// `name` is NULL or a C string that lives during the call.
pub(crate) unsafe fn name_from_c(name: *const c_char) -> Option<String> {
    if name.is_null() {
        return None;
    }
    // SAFETY: promised by the caller.
    let text = unsafe { CStr::from_ptr(name) };
    Some(text.to_string_lossy().into_owned())
}

/// A configuration: its fields that go to C and back as they are, and perhaps others, which two functions of the struct
/// take there.
macro_rules! config {
    (
        $(#[$doc:meta])*
        $name:ident: $raw:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty = $default:expr,)* }
        $(and $to_raw:ident, $of_raw:ident { $($(#[$odoc:meta])* $ovis:vis $other:ident: $otype:ty = $odefault:expr,)* })?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {
            /// Label in the statistics: 1 to 63 characters of `A-Z a-z 0-9 . _ -`.
            pub name: Option<String>,
            /// Cap in bytes on everything the handle maps: blocks, caches, metadata; at least 64 KiB. Default: no cap.
            pub limit_bytes: u64,
            /// Nanoseconds after which idle memory is due to go back. Default: 100 ms.
            pub decay_ns: u64,
            /// Transparent huge pages.
            pub thp: $crate::Thp,
            /// What a child process sees.
            pub fork_mode: $crate::ForkMode,
            /// When blocks are zeroed.
            pub zero_mode: $crate::ZeroMode,
            /// Where pages come from.
            pub numa_mode: $crate::NumaMode,
            /// Mask of NUMA nodes for `numa_mode`; bit n stands for node n.
            pub numa_nodes: u64,
            /// Bytes made resident when the handle is made. Default: none.
            pub prefault_bytes: u64,
            /// How much misuse is detected at the call.
            pub check_mode: $crate::CheckMode,
            $($(#[$fdoc])* pub $field: $type,)*
            $($($(#[$odoc])* $ovis $other: $otype,)*)?
        }

        impl $name {
            /// Defaults everywhere.
            pub fn new() -> Self {
                $name {
                    name: None,
                    limit_bytes: 0,
                    decay_ns: 0,
                    thp: $crate::Thp::Default,
                    fork_mode: $crate::ForkMode::Default,
                    zero_mode: $crate::ZeroMode::None,
                    numa_mode: $crate::NumaMode::Local,
                    numa_nodes: 0,
                    prefault_bytes: 0,
                    check_mode: $crate::CheckMode::Fast,
                    $($field: $default,)*
                    $($($other: $odefault,)*)?
                }
            }

            /// Label in the statistics: 1 to 63 characters of `A-Z a-z 0-9 . _ -`.
            #[must_use]
            pub fn name(mut self, name: impl Into<String>) -> Self {
                self.name = Some(name.into());
                self
            }

            /// Time after which idle memory is due to go back; zero is the default of 100 ms.
            #[must_use]
            pub fn decay(mut self, time: core::time::Duration) -> Self {
                self.decay_ns = u64::try_from(time.as_nanos()).unwrap_or($crate::NONE);
                self
            }

            /// NUMA policy and the mask of its nodes.
            #[must_use]
            pub fn numa(mut self, mode: $crate::NumaMode, nodes: u64) -> Self {
                self.numa_mode = mode;
                self.numa_nodes = nodes;
                self
            }

            $crate::config::setters! {
                /// Cap in bytes on everything the handle maps.
                limit_bytes: u64,
                /// Transparent huge pages.
                thp: $crate::Thp,
                /// What a child process sees.
                fork_mode: $crate::ForkMode,
                /// When blocks are zeroed.
                zero_mode: $crate::ZeroMode,
                /// Bytes made resident when the handle is made.
                prefault_bytes: u64,
                /// How much misuse is detected at the call.
                check_mode: $crate::CheckMode,
                $($(#[$fdoc])* $field: $type,)*
            }

            /// Calls `f` with the C struct, whose pointers are good only during the call.
            pub(crate) fn with_raw<T>(&self, f: impl FnOnce(&mut sys::$raw) -> $crate::Result<T>) -> $crate::Result<T> {
                use $crate::settings::{name_to_c, Setting};
                let name = name_to_c(&self.name)?;
                let mut raw = Self::empty();
                raw.name = name.as_ref().map_or(core::ptr::null(), |name| name.as_ptr());
                raw.limit_bytes = self.limit_bytes;
                raw.decay_ns = self.decay_ns;
                raw.thp = self.thp.to_c();
                raw.fork_mode = self.fork_mode.to_c();
                raw.zero_mode = self.zero_mode.to_c();
                raw.numa_mode = self.numa_mode.to_c();
                raw.numa_nodes = self.numa_nodes;
                raw.prefault_bytes = self.prefault_bytes;
                raw.check_mode = self.check_mode.to_c();
                $(raw.$field = self.$field.to_c();)*
                $(self.$to_raw(&mut raw);)?
                f(&mut raw)
            }

            /// Reads what the library filled in.
            ///
            /// # Safety
            ///
            /// The pointers in `raw` are NULL or lead to what they should, during the call.
            pub(crate) unsafe fn from_raw(raw: &sys::$raw) -> $crate::Result<Self> {
                use $crate::settings::{known, name_from_c};
                let config = $name {
                    // SAFETY: promised by the caller.
                    name: unsafe { name_from_c(raw.name) },
                    limit_bytes: raw.limit_bytes,
                    decay_ns: raw.decay_ns,
                    thp: known(raw.thp)?,
                    fork_mode: known(raw.fork_mode)?,
                    zero_mode: known(raw.zero_mode)?,
                    numa_mode: known(raw.numa_mode)?,
                    numa_nodes: raw.numa_nodes,
                    prefault_bytes: raw.prefault_bytes,
                    check_mode: known(raw.check_mode)?,
                    $($field: known(raw.$field)?,)*
                    $($($other: $odefault,)*)?
                };
                // SAFETY: promised by the caller.
                $(let config = unsafe { config.$of_raw(raw) }?;)?
                Ok(config)
            }

            /// A C config with its size set and every field at its default.
            pub(crate) fn empty() -> sys::$raw {
                // SAFETY: integers and pointers, for which all bytes zero is a value.
                let mut raw: sys::$raw = unsafe { core::mem::zeroed() };
                raw.struct_size = core::mem::size_of::<sys::$raw>() as u64;
                raw
            }
        }

        impl Default for $name {
            fn default() -> Self {
                $name::new()
            }
        }
    };
}

pub(crate) use config;
