//! The work that both allocators do: an inverted index of text files, then a JSON document as a tree.

use serde_json::Value;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;
use std::path::{Path, PathBuf};

/// Word, then file, then lines; the hasher is the standard one with fixed keys, so that every run does the same.
type Index = HashMap<String, BTreeMap<u32, Vec<u32>>, BuildHasherDefault<DefaultHasher>>;

/// Prints counts that do not depend on the allocator. Arguments: folder of texts, their ending, JSON file.
pub fn run() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, ending, document] = arguments.as_slice() else {
        eprintln!("usage: index FOLDER ENDING data.json");
        std::process::exit(2);
    };
    let index = index(&texts(folder.as_ref(), ending));
    let files: usize = index.values().map(BTreeMap::len).sum();
    let lines: usize = index.values().flat_map(BTreeMap::values).map(Vec::len).sum();
    println!("{} words, {files} in files, {lines} in lines", index.len());

    let tree: Value = serde_json::from_slice(&read(document.as_ref())).expect("a JSON document");
    let text = serde_json::to_string(&tree).expect("a printed tree");
    println!("{} nodes, {} bytes", nodes(&tree), text.len());
}

fn index(texts: &[PathBuf]) -> Index {
    let mut index = Index::default();
    for (file, path) in texts.iter().enumerate() {
        let text = read(path);
        for (number, line) in String::from_utf8_lossy(&text).lines().enumerate() {
            let words = line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
            for word in words {
                let files = index.entry(word.to_ascii_lowercase()).or_default();
                files.entry(file as u32).or_default().push(number as u32);
            }
        }
    }
    index
}

fn nodes(tree: &Value) -> usize {
    1 + match tree {
        Value::Array(list) => list.iter().map(nodes).sum::<usize>(),
        Value::Object(map) => map.values().map(nodes).sum::<usize>(),
        _ => 0,
    }
}

/// The files of a folder with an ending, in the order of their names.
pub fn texts(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of texts");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut texts: Vec<_> = paths.filter(|path| path.extension().is_some_and(|found| found == ending)).collect();
    texts.sort();
    texts
}

/// The bytes of a file.
pub fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
