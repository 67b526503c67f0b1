//! Finds the installed allockit with pkg-config and passes its link flags on.
//!
//! `PKG_CONFIG_PATH` and `PKG_CONFIG_SYSROOT_DIR` are obeyed; `ALLOCKIT_STATIC=1` links the static archive.

fn main() {
    let found = pkg_config::Config::new().atleast_version("0.1").env_metadata(true).probe("allockit");
    match found {
        Ok(library) => {
            // Reaches dependants as DEP_ALLOCKIT_INCLUDE, for those that compile C of their own.
            if let Some(dir) = library.include_paths.first() {
                println!("cargo:include={}", dir.display());
            }
        }
        Err(error) => {
            eprintln!("allockit is not installed, or PKG_CONFIG_PATH does not name the folder of allockit.pc");
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}
