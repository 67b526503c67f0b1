//! Answers to requests.

use crate::error::{Error, Result};
use crate::io::IoBuf;
use crate::uring::{Group, GroupBuf};
use core::fmt;
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// A request of an [`Io`](crate::Io), by which it can be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Request(u64);

impl Request {
    pub(crate) fn new(index: u32, generation: u32) -> Self {
        Request(u64::from(generation) << 32 | u64::from(index))
    }

    pub(crate) fn from_key(key: u64) -> Self {
        Request(key)
    }

    pub(crate) fn key(self) -> u64 {
        self.0
    }

    pub(crate) fn index(self) -> u32 {
        self.0 as u32
    }

    pub(crate) fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// The answer to a request of an [`Io`](crate::Io), or one of several.
#[derive(Debug)]
#[non_exhaustive]
pub struct IoEvent {
    /// As given with the request.
    pub user_data: u64,
    /// The request.
    pub request: Request,
    /// Bytes, or a descriptor, or why not.
    pub result: Result<usize>,
    /// Whether further events of this request follow.
    pub more: bool,
    /// Whether a read or write used registered memory.
    pub fixed: bool,
    /// What it brought.
    pub item: IoItem,
}

/// What an [`IoEvent`] brought.
#[derive(Debug)]
#[non_exhaustive]
pub enum IoItem {
    /// Nothing.
    Nothing,
    /// The request's buffer: after a read or receive as long as what came, after a write or send as it was.
    Buffer(IoBuf),
    /// What arrived, in a buffer of the group.
    Received(GroupBuf<Arc<Group>>),
    /// A connection.
    Accepted(OwnedFd),
}

impl IoItem {
    /// The request's buffer, if it is that.
    pub fn into_buffer(self) -> Option<IoBuf> {
        match self {
            IoItem::Buffer(buffer) => Some(buffer),
            _ => None,
        }
    }

    /// The buffer of the group, if it is that.
    pub fn into_received(self) -> Option<GroupBuf<Arc<Group>>> {
        match self {
            IoItem::Received(buffer) => Some(buffer),
            _ => None,
        }
    }

    /// The connection, if it is that.
    pub fn into_accepted(self) -> Option<OwnedFd> {
        match self {
            IoItem::Accepted(fd) => Some(fd),
            _ => None,
        }
    }
}

/// A request that was not queued, and its buffer.
#[derive(Debug)]
pub struct Rejected {
    /// Why.
    pub error: Error,
    /// As it was given.
    pub buffer: IoBuf,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Rejected {}

impl From<Rejected> for Error {
    fn from(rejected: Rejected) -> Self {
        rejected.error
    }
}
