//! Operations of regions.

use crate::look::{field_of, flags_of as purge_flags};
use crate::make::{assignment, flags_of, unknown};
use crate::state::{wrong, Block, Outcome, Raw, State};
use allockit::{AllocFlags, CheckMode, ForkMode, NumaMode, PurgeMethod, Region, RegionConfig, Result, Thp, ZeroMode};
use allockit_sys as sys;
use std::mem::ManuallyDrop;
use std::ptr::{null_mut, NonNull};

/// Performs the operation if it is one of this file.
pub fn perform(state: &mut State, words: &[&str]) -> Option<Outcome> {
    Some(match words {
        ["region_create", h, fields @ ..] => create(state, h, fields),
        ["region_destroy", h] => destroy(state, h, false),
        ["region_destroy", h, "defer"] => destroy(state, h, true),
        ["region_alloc", h, b, size] => alloc(state, h, b, size, "0", "-"),
        ["region_alloc", h, b, size, alignment] => alloc(state, h, b, size, alignment, "-"),
        ["region_alloc", h, b, size, alignment, flags] => alloc(state, h, b, size, alignment, flags),
        ["region_realloc", h, b, size] => realloc(state, h, b, size, "-"),
        ["region_realloc", h, b, size, flags] => realloc(state, h, b, size, flags),
        ["region_free", h, b] => free(state, h, b),
        ["region_prefault", h, b] => prefault(state, h, b, "0"),
        ["region_prefault", h, b, length] => prefault(state, h, b, length),
        ["region_pin", h, b] => with_block(state, h, b, |region, p| region.pin(p)),
        // SAFETY: a pin of the case, or a misuse that the case is about.
        ["region_unpin", h, b] => with_block(state, h, b, |region, p| unsafe { region.unpin(p) }),
        ["region_save", name, h, field] => save(state, name, h, field),
        ["region_purge", h, flags] => purge(state, h, flags),
        ["region_config", h, "name", "=", text] => name(state, h, text),
        ["region_node", h, node] => node_bytes(state, h, node).map(drop),
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
        ["region_stats", h, field] => stat(state, h, field),
        ["region_config", h, field] => config_by(state, h, field, Region::config),
        ["region_suggest", h, field] => config_by(state, h, field, Region::suggest),
        ["region_node", h, node] => node_bytes(state, h, node),
        _ => return None,
    })
}

fn create(state: &mut State, h: &str, fields: &[&str]) -> Outcome {
    let mut config = RegionConfig::new();
    let mut memory = None;
    for field in fields {
        match assignment(field)? {
            ("name", value) => config.name = Some(value.into()),
            ("memory", value) => memory = Some(state.size(value)?),
            (name, value) => set_field(&mut config, name, state.number(value)?)?,
        }
    }
    let region = match memory {
        // SAFETY: the memory is used by nobody else, and freed when the handle and all heaps on it have ended.
        Some(bytes) => unsafe { config.create_on(state.new_memory(bytes)?, bytes)? },
        None => config.create()?,
    };
    let id = region.stats()?.id;
    state.add_handle(h, Raw::Region(region.into_raw()), id);
    Ok(())
}

fn set_field(config: &mut RegionConfig, name: &str, value: u64) -> Outcome {
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
        "cache_bytes" => config.cache_bytes = value,
        "max_waste_permille" => config.max_waste_permille = value,
        "max_mappings" => config.max_mappings = value,
        "max_entries" => config.max_entries = value,
        "purge_method" => config.purge_method = PurgeMethod::from_raw(mode).ok_or_else(unknown)?,
        "guard" if value > 1 => return Err(unknown().into()),
        "guard" => config.guard = value == 1,
        _ => return wrong(format!("no config field {name}")),
    }
    Ok(())
}

fn destroy(state: &mut State, h: &str, deferred: bool) -> Outcome {
    let region = ManuallyDrop::into_inner(state.region(h)?);
    if deferred {
        region.destroy_deferred()?;
    } else {
        region.destroy()?;
    }
    state.forget_handle(h);
    Ok(())
}

/// Remembers a block that was handed out.
fn got(state: &mut State, name: &str, block: Result<NonNull<[u8]>>, size: usize) -> Outcome {
    let block = block?;
    if block.len() < size {
        return wrong("the usable size is below the size asked for");
    }
    state.keep_block(name, Block { room: block.len(), ..Block::new(block.cast().as_ptr(), size) });
    Ok(())
}

fn alloc(state: &mut State, h: &str, b: &str, size: &str, alignment: &str, flags: &str) -> Outcome {
    let (size, alignment) = (state.size(size)?, state.size(alignment)?);
    let block = state.region(h)?.allocx(size, alignment, flags_of(flags)?);
    got(state, b, block, size)
}

fn realloc(state: &mut State, h: &str, b: &str, size: &str, flags: &str) -> Outcome {
    let (size, flags) = (state.size(size)?, flags_of(flags)?);
    let region = state.region(h)?;
    let block = match state.old_block(b) {
        // SAFETY: a block of the case, or a misuse that the case is about.
        Some(p) => unsafe { region.reallocx(p, size, flags) },
        None => realloc_null(&region, size, flags),
    };
    got(state, b, block, size)
}

/// NULL asks for a new block, which the binding has other words for.
fn realloc_null(region: &Region, size: usize, flags: AllocFlags) -> Result<NonNull<[u8]>> {
    let mut usable = 0;
    // SAFETY: the handle is live and `usable` is writable.
    let p = unsafe { sys::akit_region_realloc(region.as_raw(), null_mut(), size, flags.as_raw(), &mut usable) };
    let p = NonNull::new(p.cast()).ok_or(allockit::Error::from_errno(12))?;
    Ok(NonNull::slice_from_raw_parts(p, usable))
}

fn free(state: &State, h: &str, b: &str) -> Outcome {
    let region = state.region(h)?;
    // SAFETY: a block of the case, or a misuse that the case is about; NULL does nothing.
    unsafe {
        match state.block(b)?.some() {
            Some(p) => region.free(p)?,
            None if sys::akit_region_free(region.as_raw(), null_mut()) != 0 => return wrong("NULL cannot be freed"),
            None => {}
        }
    }
    Ok(())
}

fn prefault(state: &State, h: &str, b: &str, length: &str) -> Outcome {
    state.region(h)?.prefault(state.block(b)?.p, state.size(length)?)?;
    Ok(())
}

fn with_block(state: &State, h: &str, b: &str, act: impl Fn(&Region, NonNull<u8>) -> Result<()>) -> Outcome {
    match state.block(b)?.some() {
        Some(p) => Ok(act(&*state.region(h)?, p)?),
        None => wrong("no block"),
    }
}

fn stat(state: &State, h: &str, field: &str) -> Outcome<u64> {
    field_of(&state.region(h)?.stats()?, field)
}

fn save(state: &mut State, name: &str, h: &str, field: &str) -> Outcome {
    let value = stat(state, h, field)?;
    state.set_number(name, value);
    Ok(())
}

fn config_by(state: &State, h: &str, field: &str, get: impl Fn(&Region) -> Result<RegionConfig>) -> Outcome<u64> {
    let config = get(&*state.region(h)?)?;
    Ok(match field {
        "thp" => config.thp.as_raw().into(),
        "fork_mode" => config.fork_mode.as_raw().into(),
        "zero_mode" => config.zero_mode.as_raw().into(),
        "numa_mode" => config.numa_mode.as_raw().into(),
        "check_mode" => config.check_mode.as_raw().into(),
        "purge_method" => config.purge_method.as_raw().into(),
        _ => return field_of(&config, field),
    })
}

fn name(state: &State, h: &str, text: &str) -> Outcome {
    match state.region(h)?.name() {
        Some(name) if name == text => Ok(()),
        other => wrong(format!("the name is {other:?}")),
    }
}

fn purge(state: &State, h: &str, flags: &str) -> Outcome {
    state.region(h)?.purge(purge_flags(flags)?)?;
    Ok(())
}

fn node_bytes(state: &State, h: &str, node: &str) -> Outcome<u64> {
    Ok(state.region(h)?.node_bytes(state.number(node)? as u32)?)
}
