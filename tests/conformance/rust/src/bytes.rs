//! Operations on the bytes and addresses of blocks.

use crate::state::{wrong, Block, Outcome, State};

/// Performs the operation if it is one of this file.
pub fn perform(state: &mut State, words: &[&str]) -> Option<Outcome> {
    Some(match words {
        ["fill", b, seed] => fill_one(state, b, seed),
        ["verify", b, seed] => verify_one(state, b, seed, None),
        ["verify", b, seed, length] => verify_one(state, b, seed, Some(length)),
        ["zeros", b] => zeros(state, b, None),
        ["zeros", b, length] => zeros(state, b, Some(length)),
        ["fill_n", v, seed] => for_each(state, v, seed, |block, seed| {
            fill(block, seed);
            Ok(())
        }),
        ["verify_n", v, seed] => for_each(state, v, seed, verify),
        ["at", b, alignment] => at(state, b, alignment),
        ["same", b, c] => same(state, b, c, true),
        ["differ", b, c] => same(state, b, c, false),
        ["keep", b, c] => keep(state, b, c),
        _ => return None,
    })
}

fn pattern(seed: u64, index: usize) -> u8 {
    (seed + 7 * index as u64 + index as u64 / 256) as u8
}

fn fill(block: Block, seed: u64) {
    for index in 0..block.size {
        // SAFETY: within the size that was asked for.
        unsafe { block.p.add(index).write(pattern(seed, index)) };
    }
}

fn verify(block: Block, seed: u64) -> Outcome {
    for index in 0..block.size {
        // SAFETY: within the size that was asked for, and written by an earlier fill.
        let byte = unsafe { block.p.add(index).read() };
        if byte != pattern(seed, index) {
            return wrong(format!("byte {index} is {byte}"));
        }
    }
    Ok(())
}

fn first(state: &State, b: &str, length: Option<&&str>) -> Outcome<Block> {
    let block = state.block(b)?;
    match length {
        Some(length) => Ok(Block { size: state.size(length)?, ..block }),
        None => Ok(block),
    }
}

fn fill_one(state: &State, b: &str, seed: &str) -> Outcome {
    fill(state.block(b)?, state.number(seed)?);
    Ok(())
}

fn verify_one(state: &State, b: &str, seed: &str, length: Option<&&str>) -> Outcome {
    verify(first(state, b, length)?, state.number(seed)?)
}

fn zeros(state: &State, b: &str, length: Option<&&str>) -> Outcome {
    let block = first(state, b, length)?;
    for index in 0..block.size {
        // SAFETY: within the size that was asked for, and initialised by the library as the case claims.
        if unsafe { block.p.add(index).read() } != 0 {
            return wrong(format!("byte {index} is not zero"));
        }
    }
    Ok(())
}

fn for_each(state: &State, v: &str, seed: &str, act: impl Fn(Block, u64) -> Outcome) -> Outcome {
    let (batch, seed) = (state.batch(v)?, state.number(seed)?);
    for (index, p) in batch.blocks.iter().flatten().enumerate() {
        act(Block::new(p.as_ptr(), batch.size), seed + index as u64)?;
    }
    Ok(())
}

fn at(state: &State, b: &str, alignment: &str) -> Outcome {
    let (block, alignment) = (state.block(b)?, state.size(alignment)?);
    if block.p as usize % alignment == 0 {
        Ok(())
    } else {
        wrong(format!("{:p} is not a multiple of {alignment}", block.p))
    }
}

fn same(state: &State, b: &str, c: &str, wanted: bool) -> Outcome {
    if (state.block(b)?.p == state.block(c)?.p) == wanted {
        Ok(())
    } else {
        wrong(format!("{b} and {c} are {} block", if wanted { "not the same" } else { "the same" }))
    }
}

fn keep(state: &mut State, b: &str, c: &str) -> Outcome {
    let block = state.block(b)?;
    state.keep_block(c, block);
    Ok(())
}
