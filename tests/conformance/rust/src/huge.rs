//! Operations of huge pages.

use crate::look::{contains, field_of, flags_of as purge_flags};
use crate::make::{assignment, flags_of, unknown};
use crate::state::{wrong, Block, Outcome, Raw, State};
use allockit::{CheckMode, ForkMode, Huge, HugeConfig, HugePages, NumaMode, Populate, Reason, Result, Thp, ZeroMode};
use allockit_sys as sys;
use std::mem::ManuallyDrop;
use std::ptr::null_mut;

/// Performs the operation if it is one of this file.
pub fn perform(state: &mut State, words: &[&str]) -> Option<Outcome> {
    Some(match words {
        ["huge_create", h, fields @ ..] => create(state, h, fields),
        ["huge_destroy", h] => destroy(state, h, false),
        ["huge_destroy", h, "defer"] => destroy(state, h, true),
        ["huge_alloc", h, b, size] => alloc(state, h, b, size, "0", "-"),
        ["huge_alloc", h, b, size, alignment] => alloc(state, h, b, size, alignment, "-"),
        ["huge_alloc", h, b, size, alignment, flags] => alloc(state, h, b, size, alignment, flags),
        ["huge_free", h, b] => free(state, h, b),
        ["huge_save", name, h, field] => save(state, name, stat(state, h, field)),
        ["huge_purge", h, flags] => purge(state, h, flags),
        ["huge_config", h, "name", "=", text] => name(state, h, text),
        ["huge_node", h, node] => node_bytes(state, h, node).map(drop),
        ["huge_reason", h, reason] => reason_count(state, h, reason).map(drop),
        ["huge_system_save", name, field] => save(state, name, system(field)),
        ["huge_system_node", node] => system_node(state, node, "numa_nodes").map(drop),
        ["huge_system_text", text] => contains(Huge::system_text().map_err(Into::into), text),
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
        ["huge_stats", h, field] => stat(state, h, field),
        ["huge_config", h, field] => config_by(state, h, field, Huge::config),
        ["huge_suggest", h, field] => config_by(state, h, field, Huge::suggest),
        ["huge_node", h, node] => node_bytes(state, h, node),
        ["huge_reason", h, reason] => reason_count(state, h, reason),
        ["huge_system", field] => system(field),
        ["huge_system_node", node, field] => system_node(state, node, field),
        _ => return None,
    })
}

fn create(state: &mut State, h: &str, fields: &[&str]) -> Outcome {
    let mut config = HugeConfig::new();
    for field in fields {
        match assignment(field)? {
            ("name", value) => config.name = Some(value.into()),
            (name, value) => set_field(&mut config, name, state.number(value)?)?,
        }
    }
    let huge = config.create()?;
    let id = huge.stats()?.id;
    state.add_handle(h, Raw::Huge(huge.into_raw()), id);
    Ok(())
}

fn set_field(config: &mut HugeConfig, name: &str, value: u64) -> Outcome {
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
        "giant_page_bytes" => config.giant_page_bytes = value,
        "huge_page_bytes" => config.huge_page_bytes = value,
        "giant_mode" => config.giant_mode = HugePages::from_raw(mode).ok_or_else(unknown)?,
        "huge_mode" => config.huge_mode = HugePages::from_raw(mode).ok_or_else(unknown)?,
        "populate" => config.populate = Populate::from_raw(mode).ok_or_else(unknown)?,
        "cache_bytes" => config.cache_bytes = value,
        _ => return wrong(format!("no config field {name}")),
    }
    Ok(())
}

fn destroy(state: &mut State, h: &str, deferred: bool) -> Outcome {
    let huge = ManuallyDrop::into_inner(state.huge(h)?);
    if deferred {
        huge.destroy_deferred()?;
    } else {
        huge.destroy()?;
    }
    state.forget_handle(h);
    Ok(())
}

fn alloc(state: &mut State, h: &str, b: &str, size: &str, alignment: &str, flags: &str) -> Outcome {
    let (size, alignment) = (state.size(size)?, state.size(alignment)?);
    let (p, backing) = state.huge(h)?.allocx(size, alignment, flags_of(flags)?)?;
    state.keep_block(b, Block { backing: backing.as_raw().into(), ..Block::new(p.as_ptr(), size) });
    Ok(())
}

fn free(state: &State, h: &str, b: &str) -> Outcome {
    let huge = state.huge(h)?;
    // SAFETY: a block of the case, or a misuse that the case is about; NULL does nothing.
    unsafe {
        match state.block(b)?.some() {
            Some(p) => huge.free(p)?,
            None if sys::akit_huge_free(huge.as_raw(), null_mut()) != 0 => return wrong("NULL cannot be freed"),
            None => {}
        }
    }
    Ok(())
}

fn stat(state: &State, h: &str, field: &str) -> Outcome<u64> {
    field_of(&state.huge(h)?.stats()?, field)
}

fn save(state: &mut State, name: &str, value: Outcome<u64>) -> Outcome {
    state.set_number(name, value?);
    Ok(())
}

fn config_by(state: &State, h: &str, field: &str, get: impl Fn(&Huge) -> Result<HugeConfig>) -> Outcome<u64> {
    let config = get(&*state.huge(h)?)?;
    Ok(match field {
        "thp" => config.thp.as_raw().into(),
        "fork_mode" => config.fork_mode.as_raw().into(),
        "zero_mode" => config.zero_mode.as_raw().into(),
        "numa_mode" => config.numa_mode.as_raw().into(),
        "check_mode" => config.check_mode.as_raw().into(),
        "giant_mode" => config.giant_mode.as_raw().into(),
        "huge_mode" => config.huge_mode.as_raw().into(),
        "populate" => config.populate.as_raw().into(),
        _ => return field_of(&config, field),
    })
}

fn name(state: &State, h: &str, text: &str) -> Outcome {
    match state.huge(h)?.name() {
        Some(name) if name == text => Ok(()),
        other => wrong(format!("the name is {other:?}")),
    }
}

fn purge(state: &State, h: &str, flags: &str) -> Outcome {
    state.huge(h)?.purge(purge_flags(flags)?)?;
    Ok(())
}

fn node_bytes(state: &State, h: &str, node: &str) -> Outcome<u64> {
    Ok(state.huge(h)?.node_bytes(state.number(node)? as u32)?)
}

fn reason_count(state: &State, h: &str, reason: &str) -> Outcome<u64> {
    let reason = Reason::from_raw(state.number(reason)? as u32).ok_or_else(unknown)?;
    Ok(state.huge(h)?.reason_count(reason)?)
}

fn system(field: &str) -> Outcome<u64> {
    field_of(&Huge::system()?, field)
}

fn system_node(state: &State, node: &str, field: &str) -> Outcome<u64> {
    field_of(&Huge::system_node(state.number(node)? as u32)?, field)
}
