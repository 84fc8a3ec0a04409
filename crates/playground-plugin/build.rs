//! Lists the files of `images/` that every plugin image gets, so that the binary carries them.
//!
//! Generated instead of written down: a new file of the launcher is embedded without anyone remembering to list it.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Folders under `images/`, and which of their files are wanted.
const FOLDERS: [(&str, &[&str]); 3] = [
    ("launcher", &["py"]),
    ("launcher/synapse_launcher", &["py"]),
    ("plugin", &["sh", "py"]),
];

fn main() -> io::Result<()> {
    let images =
        Path::new(&env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("../../images");
    let mut list = String::from("&[\n");
    for (folder, endings) in FOLDERS {
        println!("cargo::rerun-if-changed={}", images.join(folder).display());
        for file in files(&images.join(folder), endings)? {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let bytes = file.canonicalize()?;
            list += &format!(
                "    (\"{folder}/{name}\", include_bytes!({:?})),\n",
                bytes.display().to_string()
            );
        }
    }
    list += "]\n";
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("embedded.rs"), list)
}

fn files(folder: &Path, endings: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        if path.is_file() && endings.contains(&ending.as_ref()) {
            found.push(path);
        }
    }
    // Folders list in any order; the binary must not depend on it.
    found.sort();
    Ok(found)
}
