//! A plugin's directory as an archive, packed as the platform's own tool does: files only, at the archive's root, links
//! as what they lead to, and without what belongs to the author's machine.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use ignore::WalkBuilder;
use tempfile::NamedTempFile;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Names left out at any depth.
const NAMES: &[&str] = &[
    "__pycache__",
    ".python-version",
    ".venv",
    "venv",
    ".env",
    "env",
    ".svn",
    ".hg",
    ".idea",
    ".vscode",
    ".DS_Store",
    "Thumbs.db",
    "dist",
    "build",
    "node_modules",
    ".cache",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".tox",
    ".nox",
    ".ipynb_checkpoints",
    ".coverage",
    "htmlcov",
];
/// Beginnings of names left out at any depth.
const BEGINNINGS: &[&str] = &[".git"];
/// Endings of names left out at any depth.
const ENDINGS: &[&str] = &[
    ".pyc",
    ".pyo",
    ".pyd",
    ".egg-info",
    ".egg",
    ".swp",
    ".swo",
    ".log",
];
/// Patterns of the author's own, besides `.gitignore`.
const IGNORE_FILE: &str = ".synapseignore";
/// Past this a zip needs its long form.
const LARGE: u64 = u32::MAX as u64;

/// A packed directory. The file goes when this does.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) file: NamedTempFile,
    pub(crate) files: usize,
    pub(crate) bytes: u64,
}

/// Packs a directory into a temporary zip.
pub(crate) fn pack(folder: &Path) -> anyhow::Result<Packed> {
    let file = NamedTempFile::with_suffix(".zip").context("no temporary file can be made")?;
    let mut zip = ZipWriter::new(BufWriter::new(file));
    let mut files = 0;
    let walk = WalkBuilder::new(folder)
        .standard_filters(false)
        .git_ignore(true)
        .require_git(false)
        .add_custom_ignore_filename(IGNORE_FILE)
        .follow_links(true)
        .sort_by_file_name(Ord::cmp)
        .filter_entry(|entry| entry.depth() == 0 || is_wanted(&entry.file_name().to_string_lossy()))
        .build();
    for entry in walk {
        let entry = entry.context("the plugin's directory cannot be read")?;
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            continue;
        }
        let name = entry.path().strip_prefix(folder)?;
        add(&mut zip, entry.path(), name)
            .with_context(|| format!("{} cannot be packed", entry.path().display()))?;
        files += 1;
    }
    if files == 0 {
        bail!("{} has no files to pack", folder.display());
    }
    let mut out = zip.finish()?;
    out.flush()?;
    let file = out.into_inner().map_err(|error| error.into_error())?;
    let bytes = file.as_file().metadata()?.len();
    Ok(Packed { file, files, bytes })
}

fn add(
    zip: &mut ZipWriter<BufWriter<NamedTempFile>>,
    path: &Path,
    name: &Path,
) -> anyhow::Result<()> {
    let Some(name) = name.to_str() else {
        bail!("its name is not UTF-8");
    };
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let options = SimpleFileOptions::default()
        .compression_level(Some(6))
        .unix_permissions(mode(&metadata))
        .large_file(metadata.len() >= LARGE);
    zip.start_file(name, options)?;
    std::io::copy(&mut BufReader::new(file), zip)?;
    Ok(())
}

fn mode(metadata: &std::fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o777
}

pub(crate) fn is_wanted(name: &str) -> bool {
    !NAMES.contains(&name)
        && !BEGINNINGS.iter().any(|start| name.starts_with(start))
        && !ENDINGS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_directory_is_packed_as_the_platforms_own_tool_does() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("config.yaml", "code: x\n");
        write("plugin/gradio_interface.py", "demo = 1\n");
        write("plugin/한글 파일.txt", "안녕\n");
        write("data/keep.bin", "x");
        write("run.sh", "#!/bin/sh\n");
        fs::set_permissions(dir.path().join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink("../data/keep.bin", dir.path().join("plugin/linked.bin")).unwrap();
        for skipped in [
            ".env",
            ".git/config",
            ".gitattributes",
            ".venv/bin/python",
            "plugin/__pycache__/x.pyc",
            "plugin/deep/build/x",
            "x.egg-info/PKG-INFO",
            "debug.log",
            "big/model.ckpt",
            "secret.txt",
        ] {
            write(skipped, "no");
        }
        write(".gitignore", "*.ckpt\n");
        write(".synapseignore", "secret.txt\n");
        let packed = pack(dir.path()).unwrap();
        let mut zip = zip::ZipArchive::new(packed.file.reopen().unwrap()).unwrap();
        let mut names: Vec<_> = (0..zip.len())
            .map(|at| zip.by_index(at).unwrap().name().unwrap().to_string())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                ".synapseignore",
                "config.yaml",
                "data/keep.bin",
                "plugin/gradio_interface.py",
                "plugin/linked.bin",
                "plugin/한글 파일.txt",
                "run.sh",
            ]
        );
        assert_eq!(packed.files, names.len());
        let mode = zip.by_name("run.sh").unwrap().unix_mode();
        assert_eq!(mode.map(|mode| mode & 0o777), Some(0o755));
        assert!(!zip.by_name("plugin/linked.bin").unwrap().is_symlink());
    }

    #[test]
    fn an_empty_directory_is_no_plugin() {
        let dir = tempfile::tempdir().unwrap();
        assert!(pack(dir.path()).is_err());
    }
}
