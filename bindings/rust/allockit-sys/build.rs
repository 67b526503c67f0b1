//! Finds the installed allockit, and with the feature `io` allockit_io, with pkg-config and passes their link flags on.
//!
//! `PKG_CONFIG_PATH` and `PKG_CONFIG_SYSROOT_DIR` are obeyed; `ALLOCKIT_STATIC=1` and `ALLOCKIT_IO_STATIC=1` link the static
//! archives.

fn main() {
    // Documentation needs no library.
    if std::env::var_os("DOCS_RS").is_some() {
        return;
    }
    let library = find("allockit");
    // Reaches dependants as DEP_ALLOCKIT_INCLUDE, for those that compile C of their own.
    if let Some(dir) = library.include_paths.first() {
        println!("cargo:include={}", dir.display());
    }
    if std::env::var_os("CARGO_FEATURE_IO").is_some() {
        find("allockit_io");
    }
}

fn find(name: &str) -> pkg_config::Library {
    let found = pkg_config::Config::new().atleast_version("0.1").env_metadata(true).probe(name);
    found.unwrap_or_else(|error| {
        eprintln!("{name} is not installed, or PKG_CONFIG_PATH does not name the folder of {name}.pc");
        eprintln!("{error}");
        std::process::exit(1);
    })
}
