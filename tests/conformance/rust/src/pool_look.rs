//! Figures of pools.

use crate::look::field_of;
use crate::pool::numbers;
use crate::state::{wrong, Outcome, State};
use allockit::{Error, Pool, PoolConfig, Result};
use allockit_sys as sys;
use std::mem::size_of;

const ENOENT: i32 = 2;

/// Performs the operation if it is one of this file.
pub fn perform(state: &mut State, words: &[&str]) -> Option<Outcome> {
    Some(match words {
        ["pool_save", name, h, field] => save(state, name, h, field),
        ["pool_config", h, "name", "=", text] => name(state, h, text),
        ["pool_config", h, "class_bytes", "=", list] => class_bytes(state, h, list, Pool::config),
        ["pool_suggest", h, "class_bytes", "=", list] => class_bytes(state, h, list, Pool::suggest),
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
        ["capacity", h, b] => capacity(state, h, b),
        ["leaks", h] => leaks(state, h),
        ["leak", h, b, field] => leak(state, h, b, field),
        ["pool_stats", h, field] => stat(state, h, field),
        ["pool_config", h, field] => config_by(state, h, field, Pool::config),
        ["pool_suggest", h, field] => config_by(state, h, field, Pool::suggest),
        ["pool_classes", h] => state.pool(h).map(|pool| pool.class_count() as u64),
        ["pool_class", h, index, field] => class(state, h, index, field),
        ["pool_class_sum", h, field] => class_sum(state, h, field),
        _ => return None,
    })
}

fn capacity(state: &State, h: &str, b: &str) -> Outcome<u64> {
    Ok(state.pool(h)?.capacity(state.block(b)?.p) as u64)
}

/// How many buffers the walk meets. What it answers to a handle that is no more, the binding does not tell.
fn leaks(state: &State, h: &str) -> Outcome<u64> {
    let pool = state.pool(h)?;
    let met: Vec<u64> = pool.leaks().map(|leak| leak.base).collect();
    if met.windows(2).any(|pair| pair[0] >= pair[1]) {
        return wrong("the walk is not in the order of the addresses");
    }
    if met.is_empty() {
        let (mut cursor, mut out) = (0, sys::akit_block_info::default());
        out.struct_size = size_of::<sys::akit_block_info>() as u64;
        // SAFETY: the library recognises a handle that is no more; `out` is as large as it says.
        let error = Error::from_errno(unsafe { sys::akit_pool_leak_next(pool.as_raw(), &mut cursor, &mut out) });
        if error.errno() != ENOENT {
            return Err(error.into());
        }
    }
    Ok(met.len() as u64)
}

fn leak(state: &State, h: &str, b: &str, field: &str) -> Outcome<u64> {
    let address = state.block(b)?.p as u64;
    let info = state.pool(h)?.leaks().find(|leak| leak.base == address);
    field_of(&info.ok_or(Error::from_errno(ENOENT))?, field)
}

fn stat(state: &State, h: &str, field: &str) -> Outcome<u64> {
    field_of(&state.pool(h)?.stats()?, field)
}

fn save(state: &mut State, name: &str, h: &str, field: &str) -> Outcome {
    let value = stat(state, h, field)?;
    state.set_number(name, value);
    Ok(())
}

fn config_by(state: &State, h: &str, field: &str, get: impl Fn(&Pool) -> Result<PoolConfig>) -> Outcome<u64> {
    let config = get(&*state.pool(h)?)?;
    Ok(match field {
        "flags" => {
            u64::from(if config.tags { sys::AKIT_POOL_TAGS } else { 0 })
                | u64::from(if config.report_leaks { sys::AKIT_POOL_REPORT_LEAKS } else { 0 })
        }
        "class_count" => config.class_bytes.len() as u64,
        "thp" => config.thp.as_raw().into(),
        "fork_mode" => config.fork_mode.as_raw().into(),
        "zero_mode" => config.zero_mode.as_raw().into(),
        "numa_mode" => config.numa_mode.as_raw().into(),
        "check_mode" => config.check_mode.as_raw().into(),
        "exhaust_mode" => config.exhaust_mode.as_raw().into(),
        _ => return field_of(&config, field),
    })
}

fn class_bytes(state: &State, h: &str, list: &str, get: impl Fn(&Pool) -> Result<PoolConfig>) -> Outcome {
    let (wanted, got) = (numbers(state, list)?, get(&*state.pool(h)?)?.class_bytes);
    if got == wanted {
        Ok(())
    } else {
        wrong(format!("the classes are {got:?}"))
    }
}

fn class(state: &State, h: &str, index: &str, field: &str) -> Outcome<u64> {
    field_of(&state.pool(h)?.class_stats(state.size(index)?)?, field)
}

fn class_sum(state: &State, h: &str, field: &str) -> Outcome<u64> {
    let pool = state.pool(h)?;
    (0..pool.class_count()).map(|index| field_of(&pool.class_stats(index)?, field)).sum()
}

fn name(state: &State, h: &str, text: &str) -> Outcome {
    match state.pool(h)?.name() {
        Some(name) if name == text => Ok(()),
        other => wrong(format!("the name is {other:?}")),
    }
}
