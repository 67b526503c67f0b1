//! What a case has made so far: handles, blocks, batches and kept numbers, each found by its name.

use allockit::{default_heap, Error, Tiered};
use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// Why an operation ended early: the library refused it, or its answer was not the one in the file.
pub enum Stop {
    Refused(Error),
    Wrong(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Refused(error)
    }
}

pub type Outcome<T = ()> = Result<T, Stop>;

pub fn wrong<T>(why: impl Into<String>) -> Outcome<T> {
    Err(Stop::Wrong(why.into()))
}

#[derive(Clone, Copy)]
pub struct Handle {
    raw: *mut allockit_sys::akit_tiered,
    pub id: u64,
    pub live: bool,
}

impl Handle {
    /// The handle as the binding's type, which cannot express what some cases do: to use it after its end.
    pub fn heap(self) -> ManuallyDrop<Tiered> {
        // SAFETY: never NULL. A dead handle breaks the contract of `from_raw` on purpose; the library answers EINVAL.
        ManuallyDrop::new(unsafe { Tiered::from_raw(self.raw) }.expect("a handle"))
    }
}

#[derive(Clone, Copy)]
pub struct Block {
    pub p: *mut u8,
    pub size: usize,
}

impl Block {
    /// The pointer as the binding takes it; `None` for `null`.
    pub fn some(self) -> Option<NonNull<u8>> {
        NonNull::new(self.p)
    }
}

pub struct Batch {
    pub blocks: Vec<Option<NonNull<u8>>>,
    pub size: usize,
}

#[derive(Default)]
pub struct State {
    handles: HashMap<String, Handle>,
    blocks: HashMap<String, Block>,
    batches: HashMap<String, Batch>,
    numbers: HashMap<String, u64>,
}

// SAFETY: the blocks and handles behind the pointers are not tied to a thread.
unsafe impl Send for State {}

#[repr(align(4096))]
struct Page([u8; 4096]);

static FOREIGN: Page = Page([0; 4096]);

impl State {
    pub fn add_handle(&mut self, name: &str, heap: Tiered) -> Outcome {
        let id = heap.stats()?.id;
        self.handles.insert(name.into(), Handle { raw: heap.into_raw(), id, live: true });
        Ok(())
    }

    pub fn handle(&self, name: &str) -> Outcome<Handle> {
        if let Some(handle) = self.handles.get(name) {
            return Ok(*handle);
        }
        if name == "default" {
            let heap = default_heap()?;
            return Ok(Handle { raw: heap.as_raw(), id: heap.stats()?.id, live: false });
        }
        wrong(format!("no handle {name}"))
    }

    pub fn heap(&self, name: &str) -> Outcome<ManuallyDrop<Tiered>> {
        Ok(self.handle(name)?.heap())
    }

    pub fn forget_handle(&mut self, name: &str) {
        if let Some(handle) = self.handles.get_mut(name) {
            handle.live = false;
        }
    }

    pub fn set_block(&mut self, name: &str, p: *mut u8, size: usize) {
        self.blocks.insert(name.into(), Block { p, size });
    }

    /// The block behind a word: a name, `null`, `foreign`, a member of a batch, each with an offset or without.
    pub fn block(&self, word: &str) -> Outcome<Block> {
        let (name, offset) = match word.split_once('+') {
            Some((name, offset)) => (name, self.size(offset)?),
            None => (word, 0),
        };
        let member = || {
            let (batch, index) = name.rsplit_once('.')?;
            let batch = self.batches.get(batch)?;
            let p = (*batch.blocks.get(index.parse::<usize>().ok()?)?)?;
            Some(Block { p: p.as_ptr(), size: batch.size })
        };
        let block = match name {
            "null" => Some(Block { p: std::ptr::null_mut(), size: 0 }),
            "foreign" => Some(Block { p: FOREIGN.0.as_ptr().cast_mut(), size: FOREIGN.0.len() }),
            _ => self.blocks.get(name).copied().or_else(member),
        };
        match block {
            Some(block) => Ok(Block { p: block.p.wrapping_add(offset), ..block }),
            None => wrong(format!("no block {word}")),
        }
    }

    /// The block to resize; a name not known yet is the null pointer.
    pub fn old_block(&self, word: &str) -> Option<NonNull<u8>> {
        self.block(word).ok()?.some()
    }

    pub fn set_batch(&mut self, name: &str, blocks: Vec<Option<NonNull<u8>>>, size: usize) {
        self.batches.insert(name.into(), Batch { blocks, size });
    }

    pub fn batch(&self, name: &str) -> Outcome<&Batch> {
        match self.batches.get(name) {
            Some(batch) => Ok(batch),
            None => wrong(format!("no batch {name}")),
        }
    }

    pub fn set_number(&mut self, name: &str, value: u64) {
        self.numbers.insert(name.into(), value);
    }

    pub fn number(&self, word: &str) -> Outcome<u64> {
        let value = match word {
            "max" => Some(u64::MAX),
            "ptrmax" => Some(i64::MAX as u64),
            "ptrmax1" => Some(1 << 63),
            _ => match word.strip_prefix('$') {
                Some(name) => self.numbers.get(name).copied(),
                None => decimal(word),
            },
        };
        value.map_or_else(|| wrong(format!("no number {word}")), Ok)
    }

    pub fn size(&self, word: &str) -> Outcome<usize> {
        Ok(self.number(word)? as usize)
    }

    /// Compares a figure with what the file says of it.
    pub fn compare(&self, value: u64, operator: &str, word: &str) -> Outcome {
        let wanted = self.number(word)?;
        let holds = match operator {
            "=" => value == wanted,
            ">=" => value >= wanted,
            "<=" => value <= wanted,
            ">" => value > wanted,
            "<" => value < wanted,
            _ => return wrong(format!("no operator {operator}")),
        };
        if holds {
            Ok(())
        } else {
            wrong(format!("wanted {operator} {wanted}, got {value}"))
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        for handle in self.handles.values().filter(|handle| handle.live) {
            drop(ManuallyDrop::into_inner(handle.heap()));
        }
    }
}

fn decimal(word: &str) -> Option<u64> {
    let shift = match word.chars().last()? {
        'K' => 10,
        'M' => 20,
        'G' => 30,
        'T' => 40,
        _ => return word.parse().ok(),
    };
    word[..word.len() - 1].parse::<u64>().ok()?.checked_shl(shift)
}
