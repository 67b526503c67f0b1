//! Maps and lists with an allocator of their own: one index per allocator, made and given up eight times.
//!
//! `collect malloc|bump|freed|dropped FOLDER ENDING`

use allocator_api2::alloc::{Allocator, Global};
use allocator_api2::boxed::Box;
use allocator_api2::vec::Vec;
use allockit::process::PurgeThread;
use allockit::Tiered;
use bumpalo::Bump;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

const ROUNDS: u32 = 8;

type Index<A> = HashMap<Box<[u8], A>, Vec<u32, A>, FixedState, A>;

fn index<A: Allocator + Copy>(text: &[u8], allocator: A) -> Index<A> {
    let mut index = Index::with_hasher_in(FixedState::default(), allocator);
    for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
        for word in line.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
            if let Some(lines) = index.get_mut(word) {
                lines.push(number as u32);
                continue;
            }
            let mut key = Vec::with_capacity_in(word.len(), allocator);
            key.extend_from_slice(word);
            let mut lines = Vec::new_in(allocator);
            lines.push(number as u32);
            index.insert(key.into_boxed_slice(), lines);
        }
    }
    index
}

fn lines_of<A: Allocator>(index: &Index<A>) -> (usize, usize) {
    (index.len(), index.values().map(|lines| lines.len()).sum())
}

/// One index; says how many words and lines it had.
fn round(mode: &str, text: &[u8]) -> (usize, usize) {
    match mode {
        "malloc" => lines_of(&index(text, Global)),
        "bump" => {
            let bump = Bump::new();
            let index = std::mem::ManuallyDrop::new(index(text, &bump));
            lines_of(&index)
        }
        "freed" => {
            let heap = Tiered::new().expect("a heap");
            let index = index(text, &heap);
            lines_of(&index)
        }
        "dropped" => {
            let heap = Tiered::new().expect("a heap");
            let index = std::mem::ManuallyDrop::new(index(text, &heap));
            lines_of(&index)
        }
        _ => panic!("no mode {mode}"),
    }
}

fn main() {
    let arguments: std::vec::Vec<String> = std::env::args().collect();
    let [_, mode, folder, ending] = arguments.as_slice() else {
        eprintln!("usage: collect malloc|bump|freed|dropped FOLDER ENDING");
        std::process::exit(2);
    };
    let on_handle = ["freed", "dropped"].contains(&mode.as_str());
    let _purge = on_handle.then(|| PurgeThread::start().expect("the purge thread"));
    let texts = rust_index::texts(folder.as_ref(), ending);
    let text = texts.iter().map(|path| rust_index::read(path)).collect::<std::vec::Vec<_>>().concat();
    for _ in 0..ROUNDS {
        let (words, lines) = round(mode, &text);
        println!("{words} words, {lines} in lines");
    }
}
