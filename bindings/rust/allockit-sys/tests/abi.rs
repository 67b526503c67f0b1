//! Compares the declarations of this crate with the installed C headers, by giving the C compiler what Rust believes.
//!
//! Three things are stated in one C file that must compile: size and offsets of every struct, the value of every
//! constant, and the prototype of every function, which the compiler refuses when it conflicts with the header's.

use allockit_sys::*;
use std::fmt::Write as _;
use std::io::Write as _;
use std::mem::{size_of, MaybeUninit};
use std::process::{Command, Stdio};

const SOURCES: [&str; 5] = [
    include_str!("../src/base.rs"),
    include_str!("../src/host.rs"),
    include_str!("../src/malloc.rs"),
    include_str!("../src/stats.rs"),
    include_str!("../src/tiered.rs"),
];

fn pkg_config(argument: &str) -> Vec<String> {
    let output = Command::new("pkg-config").args([argument, "allockit"]).output().expect("pkg-config runs");
    assert!(output.status.success(), "pkg-config does not find allockit");
    String::from_utf8(output.stdout).unwrap().split_whitespace().map(String::from).collect()
}

fn compile(statements: &str) {
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let mut child = Command::new(compiler)
        .args(["-std=c11", "-Wall", "-Werror", "-fsyntax-only", "-x", "c", "-"])
        .args(pkg_config("--cflags"))
        .stdin(Stdio::piped())
        .spawn()
        .expect("a C compiler runs");
    let text = format!("#include <allockit.h>\n{statements}");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "the declarations differ from the header:\n{statements}");
}

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
        let value = MaybeUninit::<$name>::zeroed();
        let base = value.as_ptr();
        let mut checked = Vec::new();
        writeln!($text, "_Static_assert(sizeof({0}) == {1}, \"{0}\");", stringify!($name), size_of::<$name>()).unwrap();
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

#[test]
fn structs_have_the_layout_of_the_header() {
    let mut text = String::new();
    layout!(
        text,
        akit_block_info { struct_size, handle_id, handle_kind, base, usable_bytes, state, backing, reason, numa_node }
    );
    layout!(
        text,
        akit_tiered_config {
            struct_size,
            flags,
            name,
            limit_bytes,
            decay_ns,
            thp,
            fork_mode,
            zero_mode,
            numa_mode,
            numa_nodes,
            prefault_bytes,
            check_mode,
            reserved0,
            reserved_a,
            reserved_b,
            reserved_c,
            reserved_d,
            region,
            huge,
            small_max_bytes,
            medium_max_bytes,
            large_max_bytes,
            thread_cache_bytes,
            cache_bytes,
            hugetlb_mode,
            reserved1,
            guard_sample_interval,
        }
    );
    layout!(
        text,
        akit_tiered_stats {
            struct_size,
            id,
            kind,
            limit_bytes,
            used_bytes,
            used_peak_bytes,
            cached_bytes,
            metadata_bytes,
            mapped_bytes,
            mapped_peak_bytes,
            pinned_bytes,
            mappings,
            allocs_total,
            frees_total,
            failures_total,
            limit_hits_total,
            misuses_total,
            maps_total,
            unmaps_total,
            purges_total,
            purged_bytes_total,
            prefaulted_bytes_total,
            small_used_bytes,
            medium_used_bytes,
            large_used_bytes,
            huge_used_bytes,
            thread_cache_bytes,
            thread_caches,
            cache_hits_total,
            cache_misses_total,
            remote_frees_total,
            remote_pending_bytes,
            reallocs_total,
            reallocs_in_place_total,
            huge_fallbacks_total,
        }
    );
    layout!(
        text,
        akit_class_stats {
            struct_size,
            block_bytes,
            used_blocks,
            used_peak_blocks,
            cached_blocks,
            gets_total,
            puts_total,
            hits_total,
            misses_total,
            discards_total,
            slabs,
            mapped_bytes,
        }
    );
    layout!(
        text,
        akit_process_stats {
            struct_size,
            handles,
            handles_created_total,
            mapped_bytes,
            used_bytes,
            cached_bytes,
            metadata_bytes,
            table_bytes,
            pinned_bytes,
            mappings,
            threads,
            misuses_total,
            purge_thread_running,
            next_purge_ns,
            features,
            page_bytes,
            huge_page_bytes,
        }
    );
    compile(&text);
}

#[test]
fn constants_have_the_values_of_the_header() {
    let mut text = String::new();
    let mut count = 0;
    for line in SOURCES.iter().flat_map(|source| source.lines()) {
        let Some(constant) = line.strip_prefix("pub const ") else { continue };
        let (name, rest) = constant.split_once(": ").unwrap();
        let value = rest.split_once(" = ").unwrap().1.trim_end_matches(';').replace("u64::MAX", "0xffffffffffffffff");
        writeln!(text, "_Static_assert({name} == {value}, \"{name}\");").unwrap();
        count += 1;
    }
    assert!(count > 50);
    compile(&text);
}

/// A Rust type as C writes it.
fn c_type(rust: &str) -> String {
    if let Some(target) = rust.strip_prefix("*mut ") {
        return format!("{} *", c_type(target));
    }
    if let Some(target) = rust.strip_prefix("*const ") {
        // The constness in Rust belongs to what is pointed at, as in C's east-const order.
        return format!("{} const *", c_type(target));
    }
    let known = match rust {
        "c_void" => "void",
        "c_char" => "char",
        "c_int" => "int",
        "c_uint" => "unsigned",
        "usize" => "size_t",
        "u32" => "uint32_t",
        "u64" => "uint64_t",
        "Option<MisuseFn>" => "void (*)(void *, int, uint64_t, const void *)",
        other => other,
    };
    known.into()
}

/// Name, types of arguments and type of the result of every function declared.
fn functions() -> Vec<(String, Vec<String>, String)> {
    let mut found = Vec::new();
    for source in SOURCES {
        for declaration in source.split("    pub fn ").skip(1) {
            let (name, rest) = declaration.split_once('(').unwrap();
            let (arguments, rest) = rest.split_once(')').unwrap();
            let result = rest.split(';').next().unwrap().trim();
            let result = result.strip_prefix("-> ").unwrap_or("c_void");
            let types = arguments.split(',').filter_map(|argument| argument.split_once(": "));
            let types = types.map(|(_, rust)| c_type(rust.trim())).collect();
            found.push((name.to_string(), types, c_type(result)));
        }
    }
    found
}

#[test]
fn functions_have_the_prototypes_of_the_header() {
    let mut text = String::new();
    for (name, arguments, result) in functions() {
        let arguments = if arguments.is_empty() { "void".into() } else { arguments.join(", ") };
        writeln!(text, "{result} {name}({arguments});").unwrap();
    }
    compile(&text);
}

#[test]
fn every_function_of_the_header_is_declared() {
    let mut declared: Vec<String> = functions().into_iter().map(|(name, ..)| name).collect();
    let mut exported = Vec::new();
    for directory in pkg_config("--variable=includedir") {
        for header in ["base", "host", "malloc", "stats", "tiered"] {
            let text = std::fs::read_to_string(format!("{directory}/allockit/{header}.h")).unwrap();
            for declaration in text.split("\nAKIT_API ").skip(1) {
                let before = &declaration[..declaration.find(";").unwrap()];
                let name =
                    before.split(['(', ' ', '*']).find(|word| word.starts_with("akit_") && is_called(before, word));
                exported.push(name.expect("a function").to_string());
            }
        }
    }
    declared.sort();
    exported.sort();
    assert_eq!(declared, exported);
}

fn is_called(declaration: &str, word: &str) -> bool {
    declaration.contains(&format!("{word}("))
}
