//! Errors: what the C library says with `-errno`, as a type.

use allockit_sys as sys;
use core::ffi::{c_int, CStr};
use core::fmt;

/// Result of the calls of this crate.
pub type Result<T> = core::result::Result<T, Error>;

/// A refusal by the library; carries the errno and nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Error(c_int);

/// What an [`Error`] means for the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The cap is reached, the system has no memory, or the size is above `isize::MAX` (ENOMEM).
    OutOfMemory,
    /// An argument or configuration that can never be right, or a handle that is not alive (EINVAL).
    Invalid,
    /// Not a block of this handle, or no such handle (ENOENT).
    NotFound,
    /// Larger than a handle on the caller's memory, a pool or a buffer can ever give (EMSGSIZE).
    TooLarge,
    /// Exhausted now, but not for ever (ENOBUFS).
    Exhausted,
    /// The handle was destroyed and takes no new request (ESHUTDOWN).
    ShutDown,
    /// Too late or in use, such as configuring the default heap after its first use (EBUSY).
    Busy,
    /// Not allowed, such as destroying the default heap (EPERM).
    NotPermitted,
    /// The configuration uses a field that the installed library is too old to know (E2BIG).
    TooNew,
    /// The part was left out when the library was built, or the kernel lacks it (ENOSYS).
    Unsupported,
    /// Any other errno.
    Other,
}

impl Error {
    /// The error of an errno value, positive or negative.
    pub fn from_errno(errno: i32) -> Self {
        Error(errno.abs())
    }

    /// The positive errno value.
    pub fn errno(self) -> i32 {
        self.0
    }

    /// What it means.
    pub fn kind(self) -> ErrorKind {
        match self.0 {
            1 => ErrorKind::NotPermitted,
            2 => ErrorKind::NotFound,
            7 => ErrorKind::TooNew,
            12 => ErrorKind::OutOfMemory,
            16 => ErrorKind::Busy,
            22 => ErrorKind::Invalid,
            38 => ErrorKind::Unsupported,
            90 => ErrorKind::TooLarge,
            105 => ErrorKind::Exhausted,
            108 => ErrorKind::ShutDown,
            _ => ErrorKind::Other,
        }
    }

    /// The thread's errno, after a call that answered NULL.
    #[cold]
    pub(crate) fn last() -> Self {
        let errno = std::io::Error::last_os_error().raw_os_error();
        Error(errno.unwrap_or(0))
    }
}

/// Turns an `int` result into its value or its error.
pub(crate) fn check(rc: c_int) -> Result<c_int> {
    if rc < 0 {
        Err(Error::from_errno(rc))
    } else {
        Ok(rc)
    }
}

/// The same of an `int64_t` result, which is a figure.
pub(crate) fn check_figure(rc: i64) -> Result<u64> {
    u64::try_from(rc).map_err(|_| Error::from_errno(rc as i32))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: any value may be asked for, and the answer is static text.
        let text = unsafe { CStr::from_ptr(sys::akit_strerror(self.0)) };
        f.write_str(text.to_str().unwrap_or("unknown error"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}, {:?})", self.0, self.kind())
    }
}

impl std::error::Error for Error {}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        std::io::Error::from_raw_os_error(error.0)
    }
}
