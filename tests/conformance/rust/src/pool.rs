//! Operations that make, use and end pools.

use crate::look::flags_of as purge_flags;
use crate::make::{assignment, unknown};
use crate::state::{wrong, Block, Outcome, Raw, State, Stop};
use allockit::{CheckMode, ExhaustMode, ForkMode, NumaMode, PoolConfig, Thp, ZeroMode};
use allockit_sys as sys;
use std::mem::ManuallyDrop;
use std::ptr::null_mut;

/// Performs the operation if it is one of this file.
pub fn perform(state: &mut State, words: &[&str]) -> Option<Outcome> {
    Some(match words {
        ["pool_create", h, fields @ ..] => create(state, h, fields),
        ["pool_destroy", h] => destroy(state, h, false),
        ["pool_destroy", h, "now"] => destroy(state, h, true),
        ["get", h, b, length] => get(state, h, b, length),
        ["get", h, b, length, operator, capacity] => {
            get(state, h, b, length).and_then(|()| state.compare(state.block(b)?.room as u64, operator, capacity))
        }
        ["put", h, b] => put(state, h, b),
        ["get_n", h, v, length, n, operator, done] => get_n(state, h, v, length, n, operator, done),
        ["put_n", h, buffers @ .., operator, done] => put_n(state, h, buffers, operator, done),
        ["get_until", h, v, length, operator, n] => get_until(state, h, v, length, operator, n),
        ["repeat", n, "get_put", h, length] => repeat(state, n, h, length),
        ["warm", h, length, count] => warm(state, h, length, count),
        ["tag", h, b, n] => tag(state, h, b, n),
        ["pool_purge", h, flags] => purge(state, h, flags),
        _ => return None,
    })
}

fn create(state: &mut State, h: &str, fields: &[&str]) -> Outcome {
    let mut config = PoolConfig::new();
    let (mut memory, mut count) = (None, None);
    for field in fields {
        match assignment(field)? {
            ("name", value) => config.name = Some(value.into()),
            ("memory", value) => memory = Some(state.size(value)?),
            ("region", value) => config = config.region(&*state.region(value)?),
            ("huge", value) => config = config.huge(&*state.huge(value)?),
            ("class_bytes", value) => config.class_bytes = numbers(state, value)?,
            ("class_count", value) => count = Some(state.size(value)?),
            (name, value) => set_field(&mut config, name, state.number(value)?)?,
        }
    }
    if count.is_some_and(|count| count != config.class_bytes.len()) {
        return Err(unknown().into()); // a list knows its length
    }
    let pool = match memory {
        // SAFETY: the memory is used by nobody else, and freed when the pool has ended.
        Some(bytes) => unsafe { config.create_on(state.new_memory(bytes)?, bytes)? },
        None => config.create()?,
    };
    let id = pool.stats()?.id;
    state.add_handle(h, Raw::Pool(pool.into_raw()), id);
    Ok(())
}

pub fn numbers(state: &State, list: &str) -> Outcome<Vec<u64>> {
    list.split(',').map(|word| state.number(word)).collect()
}

fn set_field(config: &mut PoolConfig, name: &str, value: u64) -> Outcome {
    let mode = value as u32;
    match name {
        "flags" if value > 3 => return Err(unknown().into()),
        "flags" => {
            config.tags = value & u64::from(sys::AKIT_POOL_TAGS) != 0;
            config.report_leaks = value & u64::from(sys::AKIT_POOL_REPORT_LEAKS) != 0;
        }
        "limit_bytes" => config.limit_bytes = value,
        "decay_ns" => config.decay_ns = value,
        "thp" => config.thp = Thp::from_raw(mode).ok_or_else(unknown)?,
        "fork_mode" => config.fork_mode = ForkMode::from_raw(mode).ok_or_else(unknown)?,
        "zero_mode" => config.zero_mode = ZeroMode::from_raw(mode).ok_or_else(unknown)?,
        "numa_mode" => config.numa_mode = NumaMode::from_raw(mode).ok_or_else(unknown)?,
        "numa_nodes" => config.numa_nodes = value,
        "prefault_bytes" => config.prefault_bytes = value,
        "check_mode" => config.check_mode = CheckMode::from_raw(mode).ok_or_else(unknown)?,
        "min_class_bytes" => config.min_class_bytes = value,
        "max_class_bytes" => config.max_class_bytes = value,
        "classes_per_doubling" => config.classes_per_doubling = value,
        "class_cache_bytes" => config.class_cache_bytes = value,
        "cache_bytes" => config.cache_bytes = value,
        "thread_cache_bytes" => config.thread_cache_bytes = value,
        "alignment" => config.alignment = value,
        "slab_bytes" => config.slab_bytes = value,
        "exhaust_mode" => config.exhaust_mode = ExhaustMode::from_raw(mode).ok_or_else(unknown)?,
        _ => return wrong(format!("no config field {name}")),
    }
    Ok(())
}

fn destroy(state: &mut State, h: &str, now: bool) -> Outcome {
    let pool = ManuallyDrop::into_inner(state.pool(h)?);
    if now {
        // SAFETY: the case uses its buffers no more, but to show that they are gone.
        unsafe { pool.destroy_now() }?;
    } else {
        pool.destroy()?;
    }
    state.forget_handle(h);
    Ok(())
}

fn get(state: &mut State, h: &str, b: &str, length: &str) -> Outcome {
    let length = state.size(length)?;
    let buffer = state.pool(h)?.get_raw(length)?;
    if buffer.len() < length {
        return wrong("the capacity is below the length asked for");
    }
    state.keep_block(b, Block { room: buffer.len(), ..Block::new(buffer.cast().as_ptr(), length) });
    Ok(())
}

fn put(state: &State, h: &str, b: &str) -> Outcome {
    let pool = state.pool(h)?;
    // SAFETY: a buffer of the case, or a misuse that the case is about; NULL does nothing.
    unsafe {
        match state.block(b)?.some() {
            Some(p) => pool.put(p)?,
            None if sys::akit_pool_put(pool.as_raw(), null_mut()) != 0 => return wrong("NULL cannot be put"),
            None => {}
        }
    }
    Ok(())
}

fn get_n(state: &mut State, h: &str, v: &str, length: &str, n: &str, operator: &str, done: &str) -> Outcome {
    let length = state.size(length)?;
    let mut buffers = vec![None; state.size(n)?];
    let (count, capacity) = state.pool(h)?.get_raw_n(length, &mut buffers);
    if count > 0 && capacity < length {
        return wrong("the capacity is below the length asked for");
    }
    buffers.truncate(count);
    state.set_batch(v, buffers, length);
    state.compare(count as u64, operator, done)
}

fn put_n(state: &State, h: &str, words: &[&str], operator: &str, done: &str) -> Outcome {
    let buffers = state.pointers(words)?;
    // SAFETY: buffers of the case, or a misuse that the case is about.
    let count = unsafe { state.pool(h)?.put_n(&buffers) };
    state.compare(count as u64, operator, done)
}

fn get_until(state: &mut State, h: &str, v: &str, length: &str, operator: &str, n: &str) -> Outcome {
    const MOST: usize = 1_000_000;
    let length = state.size(length)?;
    let pool = state.pool(h)?;
    let mut buffers = Vec::new();
    let end = loop {
        match pool.get_raw(length) {
            Ok(buffer) if buffers.len() < MOST => buffers.push(Some(buffer.cast())),
            Ok(_) => return wrong(format!("no end after {MOST} buffers")),
            Err(error) => break error,
        }
    };
    let count = buffers.len() as u64;
    state.set_batch(v, buffers, length);
    state.compare(count, operator, n)?;
    Err(Stop::Refused(end))
}

fn repeat(state: &State, n: &str, h: &str, length: &str) -> Outcome {
    let (pool, length) = (state.pool(h)?, state.size(length)?);
    for _ in 0..state.number(n)? {
        pool.get(length)?.put_back()?;
    }
    Ok(())
}

fn warm(state: &State, h: &str, length: &str, count: &str) -> Outcome {
    Ok(state.pool(h)?.warm(state.size(length)?, state.size(count)?)?)
}

fn tag(state: &State, h: &str, b: &str, n: &str) -> Outcome {
    let (pool, n) = (state.pool(h)?, state.number(n)?);
    match state.block(b)?.some() {
        // SAFETY: nobody else notes one.
        Some(p) => Ok(unsafe { pool.tag_set(p, n) }?),
        None => wrong("no buffer"),
    }
}

fn purge(state: &State, h: &str, flags: &str) -> Outcome {
    state.pool(h)?.purge(purge_flags(flags)?)?;
    Ok(())
}
