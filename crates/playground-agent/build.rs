//! Has this crate built again when a file that it carries came or went. It makes nothing: `cargo xtask web` makes the page, and
//! there may be none.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=../../examples");
    let made = Path::new("../../web/dist");
    // A path that is not there counts as changed each time: until the page is made, the folder it comes to is watched.
    let watched = [made, Path::new("../../web"), Path::new("build.rs")]
        .into_iter()
        .find(|path| path.exists());
    if let Some(watched) = watched {
        println!("cargo::rerun-if-changed={}", watched.display());
    }
}
