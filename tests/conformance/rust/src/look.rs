//! Operations that look at figures, and those that give back idle memory.

use crate::state::{wrong, Outcome, Raw, State};
use allockit::{process, Error, Purge, TieredConfig};
use std::fmt::Debug;
use std::time::Duration;

/// Performs the operation if it is one of this file.
pub fn perform(state: &mut State, words: &[&str]) -> Option<Outcome> {
    Some(match words {
        ["save", name, h, field] => save(state, name, h, field),
        ["sleep", ms] => sleep(state, ms),
        ["cache_limit", n] => cache_limit(state, n),
        ["maintain"] => process::maintain().map(drop).map_err(Into::into),
        ["thread_flush"] => process::thread_flush().map_err(Into::into),
        ["purge", h, flags] => purge(state, h, flags),
        ["purge_process", flags] => purge_process(flags),
        ["json", h, text] => contains(json(state, h), text),
        ["metrics", h, text] => contains(metrics(state, h), text),
        ["config", h, "name", "=", text] => name(state, h, text),
        ["inspect", b] => inspect(state, b, "state").map(drop),
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
        ["usable", h, b] => usable(state, h, b),
        ["good_size", h, size] => good_size(state, h, size),
        ["owns", h, b] => owns(state, h, b),
        ["inspect", b, field] => inspect(state, b, field),
        ["stats", h, field] => stat(state, h, field),
        ["config", h, field] => config(state, h, field),
        ["suggest", h, field] => suggest(state, h, field),
        ["room", b] => state.block(b).map(|block| block.room as u64),
        ["backing", b] => state.block(b).map(|block| block.backing),
        ["classes", h] => state.heap(h).map(|heap| heap.class_count() as u64),
        ["class_sum", h, field] => class_sum(state, h, field),
        ["process", field] => process_figure(field),
        ["listed", h] => listed(state, h),
        _ => return None,
    })
}

/// A field of a struct of figures by its name, read from its debug form.
pub fn field_of(figures: &impl Debug, field: &str) -> Outcome<u64> {
    let text = format!("{figures:?}");
    let value = text.split(['{', ',', '}']).find_map(|part| {
        let (name, value) = part.split_once(": ")?;
        (name.trim() == field).then(|| figure(value.trim()))?
    });
    value.map_or_else(|| wrong(format!("no field {field}")), Ok)
}

fn figure(text: &str) -> Option<u64> {
    match text {
        "false" => Some(0),
        "true" => Some(1),
        _ => text.parse().ok(),
    }
}

fn usable(state: &State, h: &str, b: &str) -> Outcome<u64> {
    Ok(state.heap(h)?.usable_size(state.block(b)?.p) as u64)
}

fn good_size(state: &State, h: &str, size: &str) -> Outcome<u64> {
    Ok(state.heap(h)?.good_size(state.size(size)?) as u64)
}

fn owns(state: &State, h: &str, b: &str) -> Outcome<u64> {
    Ok(state.heap(h)?.owns(state.block(b)?.p).into())
}

fn inspect(state: &State, b: &str, field: &str) -> Outcome<u64> {
    const ENOENT: i32 = 2;
    let info = process::inspect(state.block(b)?.p).ok_or(Error::from_errno(ENOENT))?;
    field_of(&info, field)
}

fn stat(state: &State, h: &str, field: &str) -> Outcome<u64> {
    field_of(&state.heap(h)?.stats()?, field)
}

fn save(state: &mut State, name: &str, h: &str, field: &str) -> Outcome {
    let value = stat(state, h, field)?;
    state.set_number(name, value);
    Ok(())
}

fn config(state: &State, h: &str, field: &str) -> Outcome<u64> {
    config_field(&state.heap(h)?.config()?, field)
}

fn suggest(state: &State, h: &str, field: &str) -> Outcome<u64> {
    config_field(&state.heap(h)?.suggest()?, field)
}

fn config_field(config: &TieredConfig, field: &str) -> Outcome<u64> {
    Ok(match field {
        "thp" => config.thp.as_raw().into(),
        "fork_mode" => config.fork_mode.as_raw().into(),
        "zero_mode" => config.zero_mode.as_raw().into(),
        "numa_mode" => config.numa_mode.as_raw().into(),
        "check_mode" => config.check_mode.as_raw().into(),
        "hugetlb_mode" => config.hugetlb_mode.as_raw().into(),
        _ => return field_of(config, field),
    })
}

fn name(state: &State, h: &str, text: &str) -> Outcome {
    match state.heap(h)?.name() {
        Some(name) if name == text => Ok(()),
        other => wrong(format!("the name is {other:?}")),
    }
}

fn class_sum(state: &State, h: &str, field: &str) -> Outcome<u64> {
    let heap = state.heap(h)?;
    (0..heap.class_count()).map(|index| field_of(&heap.class_stats(index)?, field)).sum()
}

fn process_figure(field: &str) -> Outcome<u64> {
    field_of(&process::stats()?, field)
}

fn listed(state: &State, h: &str) -> Outcome<u64> {
    let wanted = state.handle(h)?.id;
    Ok(process::handles().filter(|(id, _)| *id == wanted).count() as u64)
}

fn json(state: &State, h: &str) -> Outcome<String> {
    Ok(match state.handle(h)?.raw {
        Raw::Tiered(_) => state.heap(h)?.stats_json()?,
        Raw::Region(_) => state.region(h)?.stats_json()?,
        Raw::Huge(_) => state.huge(h)?.stats_json()?,
        Raw::Pool(_) => state.pool(h)?.stats_json()?,
        Raw::Ring(_) => state.ring(h)?.stats_json()?,
        Raw::Uring(_) | Raw::Group(_) => return wrong("the binding has no text of these"),
    })
}

fn metrics(state: &State, h: &str) -> Outcome<String> {
    Ok(match state.handle(h)?.raw {
        Raw::Tiered(_) => state.heap(h)?.stats_openmetrics()?,
        Raw::Region(_) => state.region(h)?.stats_openmetrics()?,
        Raw::Huge(_) => state.huge(h)?.stats_openmetrics()?,
        Raw::Pool(_) => state.pool(h)?.stats_openmetrics()?,
        Raw::Ring(_) => state.ring(h)?.stats_openmetrics()?,
        Raw::Uring(_) | Raw::Group(_) => return wrong("the binding has no text of these"),
    })
}

pub fn contains(answer: Outcome<String>, text: &str) -> Outcome {
    if answer?.contains(text) {
        Ok(())
    } else {
        wrong(format!("the text does not contain {text}"))
    }
}

fn purge(state: &State, h: &str, flags: &str) -> Outcome {
    state.heap(h)?.purge(flags_of(flags)?)?;
    Ok(())
}

fn purge_process(flags: &str) -> Outcome {
    process::purge(flags_of(flags)?)?;
    Ok(())
}

pub fn flags_of(word: &str) -> Outcome<Purge> {
    let mut flags = Purge::default();
    for name in word.split('+').filter(|name| *name != "-") {
        flags = flags
            | match name {
                "due" => Purge::DUE,
                "all" => Purge::ALL,
                "wait" => Purge::WAIT,
                _ => return wrong(format!("no flag {name}")),
            };
    }
    Ok(flags)
}

fn cache_limit(state: &State, n: &str) -> Outcome {
    process::cache_limit(state.number(n)?)?;
    Ok(())
}

fn sleep(state: &State, ms: &str) -> Outcome {
    std::thread::sleep(Duration::from_millis(state.number(ms)?));
    Ok(())
}
