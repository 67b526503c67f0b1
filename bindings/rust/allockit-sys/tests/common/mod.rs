//! What the tests of this crate share: what the source says, and the C compiler that is asked whether it is so.

use std::io::Write as _;
use std::process::{Command, Stdio};

pub const SOURCES: &[&str] = &[
    include_str!("../../src/arena.rs"),
    include_str!("../../src/base.rs"),
    include_str!("../../src/host.rs"),
    include_str!("../../src/huge.rs"),
    #[cfg(feature = "io")]
    include_str!("../../src/io.rs"),
    include_str!("../../src/malloc.rs"),
    include_str!("../../src/nodes.rs"),
    include_str!("../../src/pool.rs"),
    include_str!("../../src/region.rs"),
    include_str!("../../src/ring.rs"),
    include_str!("../../src/stats.rs"),
    include_str!("../../src/tiered.rs"),
    include_str!("../../src/uring.rs"),
];

#[cfg(not(feature = "io"))]
pub const HEADERS: &[&str] = &["allockit.h"];
#[cfg(feature = "io")]
pub const HEADERS: &[&str] = &["allockit.h", "allockit/io.h"];

pub fn pkg_config(argument: &str) -> Vec<String> {
    let output = Command::new("pkg-config").args([argument, "allockit"]).output().expect("pkg-config runs");
    assert!(output.status.success(), "pkg-config does not find allockit");
    String::from_utf8(output.stdout).unwrap().split_whitespace().map(String::from).collect()
}

pub fn compile(statements: &str) {
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let mut child = Command::new(compiler)
        .args(["-std=c11", "-Wall", "-Werror", "-fsyntax-only", "-x", "c", "-"])
        .args(pkg_config("--cflags"))
        .stdin(Stdio::piped())
        .spawn()
        .expect("a C compiler runs");
    let includes: String = HEADERS.iter().map(|header| format!("#include <{header}>\n")).collect();
    let text = includes + statements;
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "the declarations differ from the header:\n{statements}");
}
