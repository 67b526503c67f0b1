//! Compares the declarations of this crate with the installed C headers, by giving the C compiler what Rust believes.
//!
//! Three things are stated in C that must compile: size and offsets of every struct (in `layout/`), the value of
//! every constant, and the prototype of every function, which the compiler refuses when it conflicts with the header's.

mod common;

use common::{compile, pkg_config, SOURCES};
use std::fmt::Write as _;

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
        "i32" => "int32_t",
        "i64" => "int64_t",
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
        for source in SOURCES {
            let header =
                source.strip_prefix("//! `allockit/").expect("the name of its header").split('.').next().unwrap();

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
