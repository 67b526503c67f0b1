//! Operations on rings.

use crate::look::field_of;
use crate::make::{assignment, unknown};
use crate::state::{wrong, Block, Outcome, Raw, State, Stop};
use allockit::{CheckMode, ForkMode, NumaMode, Result, Ring, RingConfig, RingOrder, Thp, ZeroMode};
use allockit_sys as sys;
use std::mem::ManuallyDrop;
use std::ptr::{null_mut, NonNull};

/// Performs the operation if it is one of this file.
pub fn perform(state: &mut State, words: &[&str]) -> Option<Outcome> {
    Some(match words {
        ["ring_create", h, fields @ ..] => create(state, h, fields),
        ["ring_destroy", h] => destroy(state, h, false),
        ["ring_destroy", h, "now"] => destroy(state, h, true),
        ["acquire", h, b, length] => acquire(state, h, b, length),
        ["acquire_n", h, v, length, n, operator, done] => acquire_n(state, h, v, length, n, operator, done),
        ["acquire_until", h, v, length, operator, n] => acquire_until(state, h, v, length, operator, n),
        ["repeat", n, "acquire_release", h, length] => repeat(state, n, h, length),
        ["commit", h, b, used] => commit(state, h, b, used),
        ["retain", h, b, count] => retain(state, h, b, count),
        ["release", h, b] => release(state, h, b),
        ["release_n", h, slices @ .., operator, done] => release_n(state, h, slices, operator, done),
        ["within", h, b, length] => within(state, h, b, length),
        ["ring_save", name, h, field] => save(state, name, h, field),
        ["ring_config", h, "name", "=", text] => name(state, h, text),
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
        ["release_to", h, b] => release_to(state, h, b),
        ["ring_memory", h] => memory(state, h).map(|memory| memory.len() as u64),
        ["ring_stats", h, field] => stat(state, h, field),
        ["ring_config", h, field] => config_by(state, h, field, Ring::config),
        ["ring_suggest", h, field] => config_by(state, h, field, Ring::suggest),
        _ => return None,
    })
}

fn create(state: &mut State, h: &str, fields: &[&str]) -> Outcome {
    let (mut config, mut memory) = (RingConfig::new(), None);
    for field in fields {
        match assignment(field)? {
            ("name", value) => config.name = Some(value.into()),
            ("memory", value) => memory = Some(state.size(value)?),
            ("region", value) => config = config.region(&*state.region(value)?),
            ("huge", value) => config = config.huge(&*state.huge(value)?),
            (name, value) => set_field(&mut config, name, state.number(value)?)?,
        }
    }
    let ring = match memory {
        // SAFETY: the memory is used by nobody else, and freed when the ring has ended.
        Some(bytes) => unsafe { config.create_on(state.new_memory(bytes)?, bytes)? },
        None => config.create()?,
    };
    let id = ring.stats()?.id;
    state.add_handle(h, Raw::Ring(ring.into_raw()), id);
    Ok(())
}

fn set_field(config: &mut RingConfig, name: &str, value: u64) -> Outcome {
    let mode = value as u32;
    match name {
        "flags" if value != 0 => return Err(unknown().into()),
        "flags" => {}
        "limit_bytes" => config.limit_bytes = value,
        "decay_ns" => config.decay_ns = value,
        "thp" => config.thp = Thp::from_raw(mode).ok_or_else(unknown)?,
        "fork_mode" => config.fork_mode = ForkMode::from_raw(mode).ok_or_else(unknown)?,
        "zero_mode" => config.zero_mode = ZeroMode::from_raw(mode).ok_or_else(unknown)?,
        "numa_mode" => config.numa_mode = NumaMode::from_raw(mode).ok_or_else(unknown)?,
        "numa_nodes" => config.numa_nodes = value,
        "prefault_bytes" => config.prefault_bytes = value,
        "check_mode" => config.check_mode = CheckMode::from_raw(mode).ok_or_else(unknown)?,
        "capacity_bytes" => config.capacity_bytes = value,
        "block_bytes" => config.block_bytes = value,
        "alignment" => config.alignment = value,
        "colour_bytes" => config.colour_bytes = value,
        "order" => config.order = RingOrder::from_raw(mode).ok_or_else(unknown)?,
        _ => return wrong(format!("no config field {name}")),
    }
    Ok(())
}

fn destroy(state: &mut State, h: &str, now: bool) -> Outcome {
    let ring = ManuallyDrop::into_inner(state.ring(h)?);
    if now {
        // SAFETY: the case uses its slices no more, but to show that they are gone.
        unsafe { ring.destroy_now() }?;
    } else {
        ring.destroy()?;
    }
    state.forget_handle(h);
    Ok(())
}

fn acquire(state: &mut State, h: &str, b: &str, length: &str) -> Outcome {
    let length = state.size(length)?;
    let slice = state.ring(h)?.acquire_raw(length)?;
    state.set_block(b, slice.cast().as_ptr(), length);
    Ok(())
}

fn acquire_n(state: &mut State, h: &str, v: &str, length: &str, n: &str, operator: &str, done: &str) -> Outcome {
    let length = state.size(length)?;
    let mut slices = vec![None; state.size(n)?];
    let count = state.ring(h)?.acquire_raw_n(length, &mut slices);
    slices.truncate(count);
    state.set_batch(v, slices, length);
    state.compare(count as u64, operator, done)
}

fn acquire_until(state: &mut State, h: &str, v: &str, length: &str, operator: &str, n: &str) -> Outcome {
    const MOST: usize = 1_000_000;
    let length = state.size(length)?;
    let ring = state.ring(h)?;
    let mut slices = Vec::new();
    let end = loop {
        match ring.acquire_raw(length) {
            Ok(slice) if slices.len() < MOST => slices.push(Some(slice.cast())),
            Ok(_) => return wrong(format!("no end after {MOST} slices")),
            Err(error) => break error,
        }
    };
    let count = slices.len() as u64;
    state.set_batch(v, slices, length);
    state.compare(count, operator, n)?;
    Err(Stop::Refused(end))
}

fn repeat(state: &State, n: &str, h: &str, length: &str) -> Outcome {
    let (ring, length) = (state.ring(h)?, state.size(length)?);
    for _ in 0..state.number(n)? {
        ring.acquire(length)?.release()?;
    }
    Ok(())
}

fn commit(state: &mut State, h: &str, b: &str, used: &str) -> Outcome {
    let (p, used) = (some(state, b)?, state.size(used)?);
    // SAFETY: a slice of the case, or a misuse that the case is about.
    unsafe { state.ring(h)?.commit_raw(p, used) }?;
    state.keep_block(b, Block { size: used, ..state.block(b)? });
    Ok(())
}

fn retain(state: &State, h: &str, b: &str, count: &str) -> Outcome {
    let (p, count) = (some(state, b)?, state.number(count)? as u32);
    // SAFETY: a slice of the case, or a misuse that the case is about.
    Ok(unsafe { state.ring(h)?.releaser().retain(p, count) }?)
}

fn release(state: &State, h: &str, b: &str) -> Outcome {
    let ring = state.ring(h)?;
    // SAFETY: a slice of the case, or a misuse that the case is about; NULL does nothing.
    unsafe {
        match state.block(b)?.some() {
            Some(p) => ring.releaser().release(p)?,
            None if sys::akit_ring_release(ring.as_raw(), null_mut()) != 0 => return wrong("NULL cannot be released"),
            None => {}
        }
    }
    Ok(())
}

fn release_n(state: &State, h: &str, words: &[&str], operator: &str, done: &str) -> Outcome {
    let slices = state.pointers(words)?;
    // SAFETY: slices of the case, or a misuse that the case is about.
    let count = unsafe { state.ring(h)?.releaser().release_n(&slices) };
    state.compare(count as u64, operator, done)
}

fn release_to(state: &State, h: &str, b: &str) -> Outcome<u64> {
    // SAFETY: a slice of the case, or a misuse that the case is about.
    Ok(unsafe { state.ring(h)?.releaser().release_to(some(state, b)?) }? as u64)
}

fn some(state: &State, b: &str) -> Outcome<NonNull<u8>> {
    state.block(b)?.some().map_or_else(|| wrong("no slice"), Ok)
}

fn memory(state: &State, h: &str) -> Outcome<NonNull<[u8]>> {
    Ok(state.ring(h)?.memory()?)
}

fn within(state: &State, h: &str, b: &str, length: &str) -> Outcome {
    let (memory, p, length) = (memory(state, h)?, state.block(b)?.p as usize, state.size(length)?);
    let start = memory.cast::<u8>().as_ptr() as usize;
    if p >= start && p + length <= start + memory.len() {
        Ok(())
    } else {
        wrong("outside of the area")
    }
}

fn stat(state: &State, h: &str, field: &str) -> Outcome<u64> {
    field_of(&state.ring(h)?.stats()?, field)
}

fn save(state: &mut State, name: &str, h: &str, field: &str) -> Outcome {
    let value = stat(state, h, field)?;
    state.set_number(name, value);
    Ok(())
}

fn config_by(state: &State, h: &str, field: &str, get: impl Fn(&Ring) -> Result<RingConfig>) -> Outcome<u64> {
    let config = get(&*state.ring(h)?)?;
    Ok(match field {
        "thp" => config.thp.as_raw().into(),
        "fork_mode" => config.fork_mode.as_raw().into(),
        "zero_mode" => config.zero_mode.as_raw().into(),
        "numa_mode" => config.numa_mode.as_raw().into(),
        "check_mode" => config.check_mode.as_raw().into(),
        "order" => config.order.as_raw().into(),
        _ => return field_of(&config, field),
    })
}

fn name(state: &State, h: &str, text: &str) -> Outcome {
    match state.ring(h)?.name() {
        Some(name) if name == text => Ok(()),
        other => wrong(format!("the name is {other:?}")),
    }
}
