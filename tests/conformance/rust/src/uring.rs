//! Operations on registrations, and the runner's own io_urings.

use crate::look::field_of;
use crate::make::{assignment, unknown};
use crate::state::{wrong, Outcome, Raw, State};
use allockit::{process, Error, Kind, Uring, UringConfig};
use allockit_sys as sys;
use std::ffi::{c_long, c_uint};
use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// Performs the operation if it is one of this file.
pub fn perform(state: &mut State, words: &[&str]) -> Option<Outcome> {
    Some(match words {
        ["io_uring", f] => io_uring(state, f),
        ["uring_create", h, fields @ ..] => create(state, h, None, fields),
        ["uring_clone", h, from, fields @ ..] => create(state, h, Some(from), fields),
        ["uring_destroy", h] => destroy(state, h, false),
        ["uring_destroy", h, "now"] => destroy(state, h, true),
        ["add_ring", h, r] => add_ring(state, h, r),
        ["add_pool", h, p] => add_pool(state, h, p),
        ["add_memory", h, b, length] => add_memory(state, h, b, length),
        ["uring_remove", h, x] => remove(state, h, x),
        ["drained" | "lookup" | "sync", ..] => counted(state, words),
        ["uring_save", name, h, field] => save(state, name, h, field),
        [question @ .., operator, value] => {
            let figure = look(state, question)?;
            figure.and_then(|figure| state.compare(figure, operator, value))
        }
        _ => return None,
    })
}

/// The figure that a question asks for.
fn look(state: &State, question: &[&str]) -> Option<Outcome<u64>> {
    Some(match question {
        ["uring_probe", field] => Uring::probe().map_err(Into::into).and_then(|probe| field_of(&probe, field)),
        ["uring_stats", h, field] => stat(state, h, field),
        _ => return None,
    })
}

fn io_uring(state: &mut State, f: &str) -> Outcome {
    extern "C" {
        fn syscall(number: c_long, ...) -> c_long;
    }
    const SETUP: c_long = 425;
    let mut parameters = [0u64; 15]; // struct io_uring_params; all zero asks for nothing special
    let entries: c_uint = 8;
    // SAFETY: the kernel fills the parameters, which are as large as it wants them.
    let fd = unsafe { syscall(SETUP, entries, parameters.as_mut_ptr()) };
    if fd < 0 {
        return Err(last_error().into());
    }
    // SAFETY: just made, and nobody else's.
    state.add_io_uring(f, unsafe { OwnedFd::from_raw_fd(fd as RawFd) });
    Ok(())
}

fn last_error() -> Error {
    Error::from_errno(std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
}

/// A descriptor that need not be open, which only a number can be.
struct Named(RawFd);

impl AsRawFd for Named {
    fn as_raw_fd(&self) -> RawFd {
        self.0
    }
}

fn create(state: &mut State, h: &str, from: Option<&str>, fields: &[&str]) -> Outcome {
    let mut config = UringConfig::new();
    let file = File::open("/dev/null").map_err(|_| last_error())?;
    let mut ring = Named(-1);
    for field in fields {
        match assignment(field)? {
            ("name", value) => config.name = Some(value.into()),
            ("ring", "none") => ring.0 = -1,
            ("ring", "file") => ring.0 = file.as_raw_fd(),
            ("ring", value) => ring.0 = state.io_uring(value)?,
            (name, value) => set_field(&mut config, name, state.number(value)?)?,
        }
    }
    let uring = match from {
        Some(from) => config.create_clone(&*state.uring(from)?, &ring),
        None => config.create(&ring),
    }?;
    state.add_handle(h, Raw::Uring(uring.into_raw()), newest(Kind::Uring));
    Ok(())
}

/// The id of a handle that was just made: the last of the walk that is of its kind.
pub fn newest(kind: Kind) -> u64 {
    process::handles().filter(|(_, found)| *found == Some(kind)).map(|(id, _)| id).last().unwrap_or(0)
}

fn set_field(config: &mut UringConfig, name: &str, value: u64) -> Outcome {
    let small = u32::try_from(value).map_err(|_| unknown());
    match name {
        "flags" if value & !u64::from(sys::AKIT_URING_CREATE_TABLE) != 0 => return Err(unknown().into()),
        "flags" => config.create_table = value != 0,
        "slot_base" => config.slot_base = small?,
        "slot_count" => config.slot_count = small?,
        "tag_base" => config.tag_base = value,
        "memlock_bytes" => config.memlock_bytes = value,
        _ => return wrong(format!("no config field {name}")),
    }
    Ok(())
}

fn destroy(state: &mut State, h: &str, now: bool) -> Outcome {
    let uring = ManuallyDrop::into_inner(state.uring(h)?);
    if now {
        // SAFETY: no case sends a request.
        unsafe { uring.destroy_now() }?;
    } else {
        uring.destroy()?;
    }
    state.forget_handle(h);
    Ok(())
}

fn add_ring(state: &State, h: &str, ring: &str) -> Outcome {
    Ok(state.uring(h)?.add_ring(&*state.ring(ring)?)?)
}

fn add_pool(state: &State, h: &str, pool: &str) -> Outcome {
    Ok(state.uring(h)?.add_pool(&*state.pool(pool)?)?)
}

fn add_memory(state: &State, h: &str, b: &str, length: &str) -> Outcome {
    let p = state.block(b)?.some().ok_or_else(unknown)?;
    // SAFETY: a block of the case, or a misuse that the case is about.
    Ok(unsafe { state.uring(h)?.add_memory(p, state.size(length)?) }?)
}

fn remove(state: &State, h: &str, what: &str) -> Outcome {
    let uring = state.uring(h)?;
    match state.handle(what).map(|handle| handle.raw) {
        Ok(Raw::Ring(_)) => uring.remove_ring(&*state.ring(what)?)?,
        Ok(_) => uring.remove_pool(&*state.pool(what)?)?,
        Err(_) => uring.remove_memory(state.block(what)?.some().ok_or_else(unknown)?)?,
    }
    Ok(())
}

/// Calls that count, compared when the line says with what.
fn counted(state: &State, words: &[&str]) -> Outcome {
    let (question, wanted) = match words {
        [question @ .., operator @ ("=" | "<" | "<=" | ">" | ">="), value] => (question, Some((operator, value))),
        _ => (words, None),
    };
    let figure = match question {
        ["sync", h] => state.uring(h)?.sync()? as u64,
        ["drained", h, tag] => state.uring(h)?.drained(state.number(tag)?)? as u64,
        ["lookup", h, b, length] => {
            let slot = state.uring(h)?.lookup_raw(state.block(b)?.p, state.size(length)?)?;
            slot.index().into()
        }
        _ => return wrong(format!("cannot understand: {}", words.join(" "))),
    };
    wanted.map_or(Ok(()), |(operator, value)| state.compare(figure, operator, value))
}

fn stat(state: &State, h: &str, field: &str) -> Outcome<u64> {
    field_of(&state.uring(h)?.stats()?, field)
}

fn save(state: &mut State, name: &str, h: &str, field: &str) -> Outcome {
    let value = stat(state, h, field)?;
    state.set_number(name, value);
    Ok(())
}
