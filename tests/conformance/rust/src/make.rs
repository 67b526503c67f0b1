//! Operations that make, move and give back memory.

use crate::state::{wrong, Outcome, Raw, State};
use allockit::{
    AllocFlags, CheckMode, ErrorKind, ForkMode, GlobalHeap, HugePages, NumaMode, Thp, TieredConfig, ZeroMode,
};
use allockit::{Error, Result};
use allockit_sys as sys;
use std::ptr::{null_mut, NonNull};

/// Performs the operation if it is one of this file.
pub fn perform(state: &mut State, words: &[&str]) -> Option<Outcome> {
    Some(match words {
        ["create", h, fields @ ..] => create(state, h, fields),
        ["destroy", h] => destroy(state, h, false),
        ["destroy", h, "defer"] => destroy(state, h, true),
        ["alloc", h, b, size] => alloc(state, h, b, size),
        ["calloc", h, b, count, size] => calloc(state, h, b, count, size),
        ["aligned", h, b, alignment, size] => aligned(state, h, b, alignment, size),
        ["allocx", h, b, size, alignment, flags] => allocx(state, h, b, size, alignment, flags),
        ["realloc", h, b, size] => realloc(state, h, b, size),
        ["reallocx", h, b, size, alignment, flags] => reallocx(state, h, b, size, alignment, flags),
        ["free", h, b] => free(state, h, b),
        ["free_sized", h, b, size] => free_sized(state, h, b, size),
        ["free_aligned_sized", h, b, alignment, size] => free_aligned_sized(state, h, b, alignment, size),
        ["free_any", b] => free_any(state, b),
        ["alloc_n", h, v, size, n, operator, done] => alloc_n(state, h, v, size, n, operator, done),
        ["free_n", h, v, operator, done] => free_n(state, h, v, operator, done),
        ["exhaust", h, v, size, operator, n] => exhaust(state, h, v, size, operator, n),
        ["repeat", n, "alloc_free", h, size] => repeat(state, n, h, size),
        _ => return None,
    })
}

fn create(state: &mut State, h: &str, fields: &[&str]) -> Outcome {
    let mut config = TieredConfig::new();
    for field in fields {
        let (name, value) = assignment(field)?;
        config = match name {
            "name" => config.name(value),
            "region" => config.region(&*state.region(value)?),
            "huge" => config.huge(&*state.huge(value)?),
            _ => {
                set_field(&mut config, name, state.number(value)?)?;
                config
            }
        };
    }
    let heap = config.create()?;
    let id = heap.stats()?.id;
    state.add_handle(h, Raw::Tiered(heap.into_raw()), id);
    Ok(())
}

pub fn assignment(word: &str) -> Outcome<(&str, &str)> {
    word.split_once('=').map_or_else(|| wrong(format!("not field=value: {word}")), Ok)
}

/// The answer to a value that the binding's types do not have.
pub fn unknown() -> Error {
    Error::from_errno(22)
}

fn set_field(config: &mut TieredConfig, name: &str, value: u64) -> Outcome {
    let mode = value as u32;
    match name {
        "limit_bytes" => config.limit_bytes = value,
        "decay_ns" => config.decay_ns = value,
        "thp" => config.thp = Thp::from_raw(mode).ok_or_else(unknown)?,
        "fork_mode" => config.fork_mode = ForkMode::from_raw(mode).ok_or_else(unknown)?,
        "zero_mode" => config.zero_mode = ZeroMode::from_raw(mode).ok_or_else(unknown)?,
        "numa_mode" => config.numa_mode = NumaMode::from_raw(mode).ok_or_else(unknown)?,
        "numa_nodes" => config.numa_nodes = value,
        "prefault_bytes" => config.prefault_bytes = value,
        "check_mode" => config.check_mode = CheckMode::from_raw(mode).ok_or_else(unknown)?,
        "small_max_bytes" => config.small_max_bytes = value,
        "medium_max_bytes" => config.medium_max_bytes = value,
        "large_max_bytes" => config.large_max_bytes = value,
        "thread_cache_bytes" => config.thread_cache_bytes = value,
        "cache_bytes" => config.cache_bytes = value,
        "hugetlb_mode" => config.hugetlb_mode = HugePages::from_raw(mode).ok_or_else(unknown)?,
        "guard_sample_interval" => config.guard_sample_interval = value,
        _ => return wrong(format!("no config field {name}")),
    }
    Ok(())
}

fn destroy(state: &mut State, h: &str, deferred: bool) -> Outcome {
    let heap = std::mem::ManuallyDrop::into_inner(state.heap(h)?);
    if deferred {
        heap.destroy_deferred()?;
    } else {
        heap.destroy()?;
    }
    state.forget_handle(h);
    Ok(())
}

/// Remembers a block that was handed out.
fn got(state: &mut State, name: &str, block: Result<NonNull<u8>>, size: usize) -> Outcome {
    state.set_block(name, block?.as_ptr(), size);
    Ok(())
}

fn alloc(state: &mut State, h: &str, b: &str, size: &str) -> Outcome {
    let size = state.size(size)?;
    let block = state.heap(h)?.alloc(size);
    got(state, b, block, size)
}

fn calloc(state: &mut State, h: &str, b: &str, count: &str, size: &str) -> Outcome {
    let (count, size) = (state.size(count)?, state.size(size)?);
    let block = state.heap(h)?.calloc(count, size);
    got(state, b, block, count.wrapping_mul(size))
}

fn aligned(state: &mut State, h: &str, b: &str, alignment: &str, size: &str) -> Outcome {
    let (alignment, size) = (state.size(alignment)?, state.size(size)?);
    let block = state.heap(h)?.aligned_alloc(size, alignment);
    got(state, b, block, size)
}

fn allocx(state: &mut State, h: &str, b: &str, size: &str, alignment: &str, flags: &str) -> Outcome {
    let (size, alignment) = (state.size(size)?, state.size(alignment)?);
    let block = state.heap(h)?.allocx(size, alignment, flags_of(flags)?)?;
    if block.len() < size {
        return wrong("the usable size is below the size asked for");
    }
    got(state, b, Ok(block.cast()), size)
}

fn realloc(state: &mut State, h: &str, b: &str, size: &str) -> Outcome {
    let size = state.size(size)?;
    let heap = state.heap(h)?;
    let block = match state.old_block(b) {
        // SAFETY: a block of the case, or a misuse that the case is about.
        Some(p) => unsafe { heap.realloc(p, size) },
        // SAFETY: NULL asks for a new block.
        None => NonNull::new(unsafe { sys::akit_tiered_realloc(heap.as_raw(), null_mut(), size) }.cast())
            .ok_or(Error::from_errno(12)),
    };
    got(state, b, block, size)
}

fn reallocx(state: &mut State, h: &str, b: &str, size: &str, alignment: &str, flags: &str) -> Outcome {
    let (size, alignment) = (state.size(size)?, state.size(alignment)?);
    let Some(p) = state.old_block(b) else {
        return wrong(format!("no block {b}"));
    };
    // SAFETY: a block of the case, or a misuse that the case is about.
    let block = unsafe { state.heap(h)?.reallocx(p, size, alignment, flags_of(flags)?) };
    got(state, b, block.map(NonNull::cast), size)
}

fn free(state: &mut State, h: &str, b: &str) -> Outcome {
    let heap = state.heap(h)?;
    // SAFETY: a block of the case, or a misuse that the case is about; NULL does nothing.
    unsafe {
        match state.block(b)?.some() {
            Some(p) => heap.free(p),
            None => sys::akit_tiered_free(heap.as_raw(), null_mut()),
        }
    }
    Ok(())
}

fn free_sized(state: &mut State, h: &str, b: &str, size: &str) -> Outcome {
    if let Some(p) = state.block(b)?.some() {
        // SAFETY: a block of the case, or a misuse that the case is about.
        unsafe { state.heap(h)?.free_sized(p, state.size(size)?) };
    }
    Ok(())
}

fn free_aligned_sized(state: &mut State, h: &str, b: &str, alignment: &str, size: &str) -> Outcome {
    if let Some(p) = state.block(b)?.some() {
        // SAFETY: a block of the case, or a misuse that the case is about.
        unsafe { state.heap(h)?.free_aligned_sized(p, state.size(size)?, state.size(alignment)?) };
    }
    Ok(())
}

fn free_any(state: &mut State, b: &str) -> Outcome {
    // SAFETY: a block of the case, or a misuse that the case is about; NULL does nothing.
    unsafe {
        match state.block(b)?.some() {
            Some(p) => GlobalHeap.free(p),
            None => sys::akit_free(null_mut()),
        }
    }
    Ok(())
}

fn alloc_n(state: &mut State, h: &str, v: &str, size: &str, n: &str, operator: &str, done: &str) -> Outcome {
    let size = state.size(size)?;
    let mut blocks = vec![None; state.size(n)?];
    let count = state.heap(h)?.alloc_n(size, &mut blocks);
    blocks.truncate(count);
    state.set_batch(v, blocks, size);
    state.compare(count as u64, operator, done)
}

fn free_n(state: &mut State, h: &str, v: &str, operator: &str, done: &str) -> Outcome {
    // SAFETY: blocks of the case, or a misuse that the case is about.
    let count = unsafe { state.heap(h)?.free_n(&state.batch(v)?.blocks) };
    state.compare(count as u64, operator, done)
}

fn exhaust(state: &mut State, h: &str, v: &str, size: &str, operator: &str, n: &str) -> Outcome {
    const MOST: usize = 1_000_000;
    let size = state.size(size)?;
    let heap = state.heap(h)?;
    let mut blocks = Vec::new();
    let end = loop {
        match heap.alloc(size) {
            Ok(p) if blocks.len() < MOST => blocks.push(Some(p)),
            Ok(_) => return wrong(format!("no ENOMEM after {MOST} blocks")),
            Err(error) => break error,
        }
    };
    let count = blocks.len() as u64;
    state.set_batch(v, blocks, size);
    if end.kind() != ErrorKind::OutOfMemory {
        return wrong(format!("{end} after {count} blocks"));
    }
    state.compare(count, operator, n)
}

fn repeat(state: &mut State, n: &str, h: &str, size: &str) -> Outcome {
    let (heap, size) = (state.heap(h)?, state.size(size)?);
    for _ in 0..state.number(n)? {
        let p = heap.alloc(size)?;
        // SAFETY: the block has just been handed out.
        unsafe { heap.free(p) };
    }
    Ok(())
}

pub fn flags_of(word: &str) -> Outcome<AllocFlags> {
    let mut flags = AllocFlags::NONE;
    for name in word.split('+').filter(|name| *name != "-") {
        flags = flags
            | match name {
                "zero" => AllocFlags::ZERO,
                "no_move" => AllocFlags::NO_MOVE,
                "no_cache" => AllocFlags::NO_CACHE,
                "guard" => AllocFlags::GUARD,
                _ => return wrong(format!("no flag {name}")),
            };
    }
    Ok(flags)
}
