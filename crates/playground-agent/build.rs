//! Has this crate built again when the page was made, or made again. It makes nothing: `cargo xtask web` does, and there may be
//! no page.

use std::path::Path;

fn main() {
    let made = Path::new("../../web/dist");
    // A path that is not there counts as changed each time: until the page is made, the folder it comes to is watched.
    let watched = [made, Path::new("../../web"), Path::new("build.rs")]
        .into_iter()
        .find(|path| path.exists());
    if let Some(watched) = watched {
        println!("cargo::rerun-if-changed={}", watched.display());
    }
}
