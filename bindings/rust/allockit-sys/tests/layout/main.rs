//! Compares size and offsets of every struct with the installed C headers, as `abi.rs` does the rest.

#[path = "../common/mod.rs"]
mod common;

use common::SOURCES;

/// Fields of a struct as the source says, because Rust keeps no list of them.
fn fields_of(name: &str) -> Vec<&'static str> {
    let start = format!("pub struct {name} {{");
    let source = SOURCES.iter().find(|source| source.contains(&start)).expect("the struct");
    let body = source.split(&start).nth(1).unwrap().split("\n}").next().unwrap();
    let fields = body.lines().filter_map(|line| line.trim().strip_prefix("pub "));
    fields.map(|line| line.split(':').next().unwrap()).collect()
}

macro_rules! layout {
    ($text:ident, $name:ident { $($field:ident),* $(,)? }) => {{
        let value = std::mem::MaybeUninit::<$name>::zeroed();
        let base = value.as_ptr();
        let mut checked = Vec::new();
        writeln!($text, "_Static_assert(sizeof({0}) == {1}, \"{0}\");", stringify!($name), std::mem::size_of::<$name>()).unwrap();
        $(
            // SAFETY: the field lies inside the value; nothing is read.
            let offset = unsafe { std::ptr::addr_of!((*base).$field) as usize } - base as usize;
            let (name, field) = (stringify!($name), stringify!($field));
            writeln!($text, "_Static_assert(offsetof({name}, {field}) == {offset}, \"{name}.{field}\");").unwrap();
            checked.push(field);
        )*
        assert_eq!(checked, fields_of(stringify!($name)));
    }};
}

mod arenas;
mod heaps;
#[cfg(feature = "io")]
mod io;
mod nodes;
mod pages;
mod pools;
mod rings;
mod urings;

#[test]
fn no_struct_is_left_out() {
    let declared = SOURCES.iter().flat_map(|source| source.split("\npub struct ").skip(1));
    let plain = declared.filter(|text| !text.starts_with("akit_tiered {") && !text.contains("_opaque"));
    let tested = concat!(
        include_str!("arenas.rs"),
        include_str!("heaps.rs"),
        include_str!("io.rs"),
        include_str!("nodes.rs"),
        include_str!("pages.rs"),
        include_str!("pools.rs"),
        include_str!("rings.rs"),
        include_str!("urings.rs")
    );
    for text in plain {
        let name = text.split(' ').next().unwrap();
        assert!(tested.contains(&format!(" {name} {{")), "{name} is not compared");
    }
}
