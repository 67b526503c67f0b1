//! Operations on groups of provided buffers.

use crate::errno_of;
use crate::look::field_of;
use crate::make::{assignment, unknown};
use crate::state::{wrong, Outcome, Raw, State, Stop};
use crate::uring::newest;
use allockit::{Error, Group, GroupBuf, GroupConfig, Kind};
use allockit_sys as sys;
use std::mem::ManuallyDrop;
use std::ptr::{null_mut, NonNull};

/// Performs the operation if it is one of this file.
pub fn perform(state: &mut State, words: &[&str]) -> Option<Outcome> {
    Some(match words {
        ["group_create", g, h, fields @ ..] => create(state, g, h, fields),
        ["group_destroy", g] => destroy(state, g, false),
        ["group_destroy", g, "now"] => destroy(state, g, true),
        ["group_take", g, b, res, flags] => take(state, g, b, res, flags).map(drop),
        ["group_take", g, b, res, flags, operator, n] => {
            take(state, g, b, res, flags).and_then(|taken| state.compare(taken, operator, n))
        }
        ["group_put", g, b] => put(state, g, b),
        ["refill", g, operator, n] => refill(state, g).and_then(|done| state.compare(done, operator, n)),
        ["group_stats", g, field, operator, n] => {
            stat(state, g, field).and_then(|figure| state.compare(figure, operator, n))
        }
        _ => return None,
    })
}

fn create(state: &mut State, g: &str, h: &str, fields: &[&str]) -> Outcome {
    let (mut config, mut pool) = (GroupConfig::new(), None);
    for field in fields {
        match assignment(field)? {
            ("pool", value) => pool = Some(state.pool(value)?),
            (name, value) => set_field(&mut config, name, state.number(value)?)?,
        }
    }
    let pool = pool.ok_or_else(unknown)?; // no group without one
    let group = config.create(&*state.uring(h)?, &pool)?;
    state.add_handle(g, Raw::Group(group.into_raw()), newest(Kind::Group));
    Ok(())
}

fn set_field(config: &mut GroupConfig, name: &str, value: u64) -> Outcome {
    let small = u32::try_from(value).map_err(|_| unknown());
    match name {
        "buffer_bytes" => config.buffer_bytes = value,
        "group_id" => config.group_id = value.try_into().map_err(|_| unknown())?,
        "entries" => config.entries = small?,
        "window_min" => config.window_min = small?,
        "window_max" => config.window_max = small?,
        _ => return wrong(format!("no config field {name}")),
    }
    Ok(())
}

fn destroy(state: &mut State, g: &str, now: bool) -> Outcome {
    let group = ManuallyDrop::into_inner(state.group(g)?);
    if now {
        // SAFETY: no case sends a request.
        unsafe { group.destroy_now() }?;
    } else {
        group.destroy()?;
    }
    state.forget_handle(g);
    Ok(())
}

fn take(state: &mut State, g: &str, b: &str, res: &str, flags: &str) -> Outcome<u64> {
    let result = match res.strip_prefix('-') {
        Some(name) => -errno_of(name).map_err(Stop::Wrong)?,
        None => state.number(res)? as i32,
    };
    let (group, flags) = (state.group(g)?, state.number(flags)? as u32);
    // SAFETY: a completion that brings no buffer, or a misuse that the case is about.
    let Some(buffer) = (unsafe { group.take(result, flags) })? else { return Ok(0) };
    let (bytes, _) = buffer.into_raw();
    state.set_block(b, bytes.cast().as_ptr(), bytes.len());
    Ok(1)
}

fn put(state: &State, g: &str, b: &str) -> Outcome {
    let group: &Group = &*state.group(g)?;
    let block = state.block(b)?;
    let Some(p) = block.some() else {
        // SAFETY: NULL does nothing.
        return match unsafe { sys::akit_uring_group_put(group.as_raw(), null_mut()) } {
            0 => Ok(()),
            error => Err(Error::from_errno(error).into()),
        };
    };
    // SAFETY: a buffer of the case, or a misuse that the case is about.
    let buffer = unsafe { GroupBuf::from_raw(NonNull::slice_from_raw_parts(p, block.size), group) };
    Ok(buffer.put_back()?)
}

fn refill(state: &State, g: &str) -> Outcome<u64> {
    Ok(state.group(g)?.refill()? as u64)
}

fn stat(state: &State, g: &str, field: &str) -> Outcome<u64> {
    field_of(&state.group(g)?.stats()?, field)
}
