//! What a case has made so far: handles, blocks, batches and kept numbers, each found by its name.

use allockit::{default_heap, Error, Group, Huge, Pool, Region, Ring, Tiered, Uring};
use allockit_sys as sys;
use std::alloc::{alloc_zeroed, dealloc, Layout};
use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::ptr::NonNull;

/// Why an operation ended early: the library refused it, or its answer was not the one in the file.
pub enum Stop {
    Refused(Error),
    Wrong(String),
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stop::Refused(error) => error.fmt(f),
            Stop::Wrong(why) => why.fmt(f),
        }
    }
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
pub enum Raw {
    Tiered(*mut sys::akit_tiered),
    Region(*mut sys::akit_region),
    Huge(*mut sys::akit_huge),
    Pool(*mut sys::akit_pool),
    Ring(*mut sys::akit_ring),
    Uring(*mut sys::akit_uring),
    Group(*mut sys::akit_uring_group),
}

#[derive(Clone, Copy)]
pub struct Handle {
    pub raw: Raw,
    pub id: u64,
    live: bool,
}

#[derive(Clone, Copy)]
pub struct Block {
    pub p: *mut u8,
    pub size: usize,
    /// What `region_alloc`, `region_realloc` or `get` told, else 0.
    pub room: usize,
    /// What `huge_alloc` told, else 0.
    pub backing: u64,
}

impl Block {
    pub fn new(p: *mut u8, size: usize) -> Self {
        Block { p, size, room: 0, backing: 0 }
    }

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
    io_urings: HashMap<String, OwnedFd>,
    blocks: HashMap<String, Block>,
    batches: HashMap<String, Batch>,
    numbers: HashMap<String, u64>,
    memories: Vec<(*mut u8, Layout)>,
}

// SAFETY: the blocks and handles behind the pointers are not tied to a thread.
unsafe impl Send for State {}

#[repr(align(4096))]
struct Page([u8; 4096]);

static FOREIGN: Page = Page([0; 4096]);

impl State {
    pub fn add_handle(&mut self, name: &str, raw: Raw, id: u64) {
        self.handles.insert(name.into(), Handle { raw, id, live: true });
    }

    pub fn handle(&self, name: &str) -> Outcome<Handle> {
        if let Some(handle) = self.handles.get(name) {
            return Ok(*handle);
        }
        if name == "default" {
            let heap = default_heap()?;
            return Ok(Handle { raw: Raw::Tiered(heap.as_raw()), id: heap.stats()?.id, live: false });
        }
        wrong(format!("no handle {name}"))
    }

    // The handle as the binding's type, which cannot express what some cases do: to use it after its end. A dead handle
    // breaks the contract of `from_raw` on purpose; the library answers EINVAL.

    pub fn heap(&self, name: &str) -> Outcome<ManuallyDrop<Tiered>> {
        match self.handle(name)?.raw {
            // SAFETY: never NULL, and as said above.
            Raw::Tiered(raw) => Ok(ManuallyDrop::new(unsafe { Tiered::from_raw(raw) }.expect("a handle"))),
            _ => wrong(format!("{name} is no heap")),
        }
    }

    pub fn region(&self, name: &str) -> Outcome<ManuallyDrop<Region>> {
        match self.handle(name)?.raw {
            // SAFETY: never NULL, and as said above.
            Raw::Region(raw) => Ok(ManuallyDrop::new(unsafe { Region::from_raw(raw) }.expect("a handle"))),
            _ => wrong(format!("{name} is no region")),
        }
    }

    pub fn huge(&self, name: &str) -> Outcome<ManuallyDrop<Huge>> {
        match self.handle(name)?.raw {
            // SAFETY: never NULL, and as said above.
            Raw::Huge(raw) => Ok(ManuallyDrop::new(unsafe { Huge::from_raw(raw) }.expect("a handle"))),
            _ => wrong(format!("{name} does not give huge pages")),
        }
    }

    pub fn pool(&self, name: &str) -> Outcome<ManuallyDrop<Pool>> {
        match self.handle(name)?.raw {
            // SAFETY: never NULL, and as said above.
            Raw::Pool(raw) => Ok(ManuallyDrop::new(unsafe { Pool::from_raw(raw) }.expect("a handle"))),
            _ => wrong(format!("{name} is no pool")),
        }
    }

    pub fn ring(&self, name: &str) -> Outcome<ManuallyDrop<Ring>> {
        match self.handle(name)?.raw {
            // SAFETY: never NULL, and as said above.
            Raw::Ring(raw) => Ok(ManuallyDrop::new(unsafe { Ring::from_raw(raw) }.expect("a handle"))),
            _ => wrong(format!("{name} is no ring")),
        }
    }

    pub fn uring(&self, name: &str) -> Outcome<ManuallyDrop<Uring>> {
        match self.handle(name)?.raw {
            // SAFETY: never NULL, and as said above.
            Raw::Uring(raw) => Ok(ManuallyDrop::new(unsafe { Uring::from_raw(raw) }.expect("a handle"))),
            _ => wrong(format!("{name} is no registration")),
        }
    }

    pub fn group(&self, name: &str) -> Outcome<ManuallyDrop<Group>> {
        match self.handle(name)?.raw {
            // SAFETY: never NULL, and as said above.
            Raw::Group(raw) => Ok(ManuallyDrop::new(unsafe { Group::from_raw(raw) }.expect("a handle"))),
            _ => wrong(format!("{name} is no group")),
        }
    }

    pub fn add_io_uring(&mut self, name: &str, io_uring: OwnedFd) {
        self.io_urings.insert(name.into(), io_uring);
    }

    pub fn io_uring(&self, name: &str) -> Outcome<RawFd> {
        self.io_urings.get(name).map_or_else(|| wrong(format!("{name} is no io_uring")), |fd| Ok(fd.as_raw_fd()))
    }

    /// Memory that lives until the case and its handles have ended.
    pub fn new_memory(&mut self, bytes: usize) -> Outcome<*mut u8> {
        let layout = Layout::from_size_align(bytes.max(1), 4096).map_err(|error| Stop::Wrong(error.to_string()))?;
        // SAFETY: the size is not 0.
        let p = unsafe { alloc_zeroed(layout) };
        if p.is_null() {
            return wrong(format!("no memory of {bytes} bytes"));
        }
        self.memories.push((p, layout));
        Ok(p)
    }

    pub fn forget_handle(&mut self, name: &str) {
        if let Some(handle) = self.handles.get_mut(name) {
            handle.live = false;
        }
    }

    pub fn set_block(&mut self, name: &str, p: *mut u8, size: usize) {
        self.keep_block(name, Block::new(p, size));
    }

    pub fn keep_block(&mut self, name: &str, block: Block) {
        self.blocks.insert(name.into(), block);
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
            Some(Block::new(p.as_ptr(), batch.size))
        };
        let block = match name {
            "null" => Some(Block::new(std::ptr::null_mut(), 0)),
            "foreign" => Some(Block::new(FOREIGN.0.as_ptr().cast_mut(), FOREIGN.0.len())),
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

    /// What the words name, in this order: all of a batch, or a single block.
    pub fn pointers(&self, words: &[&str]) -> Outcome<Vec<Option<NonNull<u8>>>> {
        let mut pointers = Vec::new();
        for word in words {
            match self.batches.get(*word) {
                Some(batch) => pointers.extend_from_slice(&batch.blocks),
                None => pointers.push(self.block(word)?.some()),
            }
        }
        Ok(pointers)
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
        // Groups first, then registrations, then what is registered.
        let mut handles: Vec<_> = self.handles.values().filter(|handle| handle.live).collect();
        handles.sort_by_key(|handle| match handle.raw {
            Raw::Group(_) => 0,
            Raw::Uring(_) => 1,
            _ => 2,
        });
        for handle in handles {
            // SAFETY: live, and nobody else ends it.
            unsafe {
                match handle.raw {
                    Raw::Group(raw) => sys::akit_uring_group_destroy(raw, sys::AKIT_DESTROY_NOW),
                    Raw::Uring(raw) => sys::akit_uring_destroy(raw, sys::AKIT_DESTROY_NOW),
                    Raw::Ring(raw) => sys::akit_ring_destroy(raw, sys::AKIT_DESTROY_NOW),
                    Raw::Tiered(raw) => sys::akit_tiered_destroy(raw, 0),
                    Raw::Region(raw) => sys::akit_region_destroy(raw, 0),
                    Raw::Huge(raw) => sys::akit_huge_destroy(raw, 0),
                    Raw::Pool(raw) => sys::akit_pool_destroy(raw, sys::AKIT_DESTROY_NOW),
                };
            }
        }
        for (p, layout) in &self.memories {
            // SAFETY: allocated with this layout, and whoever stood on it has ended.
            unsafe { dealloc(*p, *layout) };
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
