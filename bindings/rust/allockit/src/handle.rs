//! What handles have in common, written once: `handle!` of regions, huge pages, pools and rings, `any_thread!` of all but
//! rings, `ends_at_once!` of the first two.

macro_rules! handle {
    (
        $handle:ident, $raw:ident, $config:ident, $stats:ident;
        $config_get:ident, $stats_get:ident
    ) => {
        // SAFETY: a handle is not tied to the thread that made it.
        unsafe impl Send for $handle {}

        /// The handle itself.
        impl $handle {
            /// A handle with defaults everywhere and no cap.
            ///
            /// # Errors
            ///
            /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory).
            pub fn new() -> Result<Self> {
                $config::new().create()
            }

            /// A configuration to fill in; end it with its `create`.
            pub fn builder() -> $config {
                $config::new()
            }

            /// The C handle, borrowed.
            pub fn as_raw(&self) -> *mut sys::$raw {
                self.raw.as_ptr()
            }

            /// Gives the C handle away; whoever gets it destroys it.
            pub fn into_raw(self) -> *mut sys::$raw {
                core::mem::ManuallyDrop::new(self).as_raw()
            }

            /// Gives the handle the life of the process, and with it a reference that can be copied freely.
            pub fn leak(self) -> &'static $handle {
                Box::leak(Box::new(self))
            }
        }

        /// What the handle says about itself. These calls do not fail in a program without misuse.
        impl $handle {
            /// Statistics summed now.
            pub fn stats(&self) -> Result<$stats> {
                let mut out = $stats::default();
                out.struct_size = core::mem::size_of::<$stats>() as u64;
                // SAFETY: the handle is live, and `out` is as large as it says.
                check(unsafe { sys::$stats_get(self.as_raw(), &mut out) })?;
                Ok(out)
            }

            /// The configuration in force, with the defaults filled in.
            pub fn config(&self) -> Result<$config> {
                let mut raw = $config::empty();
                // SAFETY: the handle is live, and `raw` is as large as it says.
                check(unsafe { sys::$config_get(self.as_raw(), &mut raw) })?;
                // SAFETY: the name is owned by the handle, which is alive.
                unsafe { $config::from_raw(&raw) }
            }

            /// The label it was given.
            pub fn name(&self) -> Option<String> {
                self.config().ok()?.name
            }

            /// The statistics as JSON; keys are the names of the fields.
            pub fn stats_json(&self) -> Result<String> {
                stats::json(self.stats()?.id)
            }

            /// The statistics as OpenMetrics text, without the end mark, so that texts of several handles can be
            /// joined.
            pub fn stats_openmetrics(&self) -> Result<String> {
                stats::openmetrics(self.stats()?.id)
            }
        }

        impl core::fmt::Debug for $handle {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($handle)).field("name", &self.name()).finish_non_exhaustive()
            }
        }
    };
}

macro_rules! any_thread {
    ($handle:ident, $purge:ident) => {
        // SAFETY: every call but destroy may be made by any number of threads, and destroy needs ownership.
        unsafe impl Sync for $handle {}

        /// Its idle memory.
        impl $handle {
            /// Gives idle memory back to the system and says how many bytes.
            ///
            /// # Errors
            ///
            /// None in a program without misuse.
            pub fn purge(&self, what: Purge) -> Result<u64> {
                let mut bytes = 0;
                // SAFETY: the handle is live and `bytes` is writable.
                check(unsafe { sys::$purge(self.as_raw(), what.as_raw(), &mut bytes) })?;
                Ok(bytes)
            }
        }
    };
}

macro_rules! ends_at_once {
    (
        $handle:ident, $raw:ident, $config:ident, $ended:ident;
        $destroy:ident, $suggest:ident, $node_bytes:ident, $free:ident
    ) => {
        /// Its end, and figures of its own.
        impl $handle {
            /// Ends the handle now, with everything in it. As dropping it, but says how it went.
            ///
            /// # Errors
            ///
            /// None in a program without misuse; the handle is consumed in any case.
            pub fn destroy(self) -> Result<()> {
                // SAFETY: the handle is live, and `self` was its owner.
                check(unsafe { sys::$destroy(self.into_raw(), 0) }).map(drop)
            }

            /// Ends the handle when its last block is freed: nothing new can be allocated, raw blocks that are out stay
            /// valid and are freed through the answer.
            ///
            /// # Errors
            ///
            /// None in a program without misuse; the handle is consumed in any case.
            pub fn destroy_deferred(self) -> Result<$ended> {
                let raw = self.into_raw();
                // SAFETY: the handle is live, and `self` was its owner.
                check(unsafe { sys::$destroy(raw, sys::AKIT_DESTROY_DEFER) })?;
                Ok($ended { raw })
            }

            /// A configuration with the budgets that what was seen so far recommends.
            pub fn suggest(&self) -> Result<$config> {
                let mut raw = $config::empty();
                // SAFETY: the handle is live, and `raw` is as large as it says.
                check(unsafe { sys::$suggest(self.as_raw(), &mut raw) })?;
                // SAFETY: the name is owned by the handle, which is alive.
                unsafe { $config::from_raw(&raw) }
            }

            /// Bytes in use that are resident on a NUMA node, asked of the system, which takes about 0.1 us per page.
            ///
            /// # Errors
            ///
            /// [`NotFound`](crate::ErrorKind::NotFound) for a node that does not exist,
            /// [`Unsupported`](crate::ErrorKind::Unsupported) when the system does not tell.
            pub fn node_bytes(&self, node: u32) -> Result<u64> {
                // SAFETY: the handle is live.
                check_figure(unsafe { sys::$node_bytes(self.as_raw(), node) })
            }
        }

        impl Drop for $handle {
            fn drop(&mut self) {
                // SAFETY: the handle is live and we are its owner.
                unsafe { sys::$destroy(self.as_raw(), 0) };
            }
        }

        /// What is left of a handle after its `destroy_deferred`: the way back for raw blocks that are still out. The
        /// last one takes the rest with it.
        #[derive(Clone, Copy, Debug)]
        pub struct $ended {
            raw: *mut sys::$raw,
        }

        // SAFETY: a handle is not tied to a thread.
        unsafe impl Send for $ended {}
        // SAFETY: as above.
        unsafe impl Sync for $ended {}

        impl $ended {
            /// Frees a raw block.
            ///
            /// # Safety
            ///
            /// `p` came from the handle, is out, and is used no more.
            ///
            /// # Errors
            ///
            /// None in a program without misuse.
            pub unsafe fn free(self, p: NonNull<u8>) -> Result<()> {
                // SAFETY: the caller vouches for `p`; the library recognises a handle that has ended.
                check(unsafe { sys::$free(self.raw, void(p)) }).map(drop)
            }
        }
    };
}

pub(crate) use {any_thread, ends_at_once, handle};
