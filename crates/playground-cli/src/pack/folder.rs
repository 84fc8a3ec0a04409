//! A plugin's directory as an archive, packed as the platform's own tool does: files only, at the archive's root, links
//! as what they lead to, and without what belongs to the author's machine. Equal files give equal bytes.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};
use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;
use zip::{DateTime, ZipWriter};

use super::names::is_wanted;

/// Patterns of the author's own, besides `.gitignore`.
const IGNORE_FILE: &str = ".synapseignore";
/// Past this a zip needs its long form.
const LARGE: u64 = u32::MAX as u64;

/// A packed directory. The file goes when this does.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) file: NamedTempFile,
    pub(crate) files: usize,
    /// The archive's size.
    pub(crate) bytes: u64,
    /// What was packed: paths below the directory, and sizes in bytes.
    pub(crate) contents: Vec<(String, u64)>,
    /// Links that lead out of the directory, and where to.
    pub(crate) leading_out: Vec<(String, PathBuf)>,
}

/// Why a directory is no archive.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unpackable {
    #[error("{} has no files to pack", folder.display())]
    Empty { folder: PathBuf },
    #[error("the name {} is not UTF-8", path.display())]
    NotText { path: PathBuf },
    #[error("{} cannot be packed", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the archive cannot be written")]
    Archive(#[source] io::Error),
}

/// Packs a directory into a temporary zip.
pub(crate) fn pack(folder: &Path) -> Result<Packed, Unpackable> {
    pack_without(folder, None)
}

/// The same; what lies at `except` is left out.
pub(super) fn pack_without(folder: &Path, except: Option<&Path>) -> Result<Packed, Unpackable> {
    let file = NamedTempFile::with_suffix(".zip").map_err(Unpackable::Archive)?;
    let mut zip = ZipWriter::new(BufWriter::new(file));
    let mut contents = Vec::new();
    let mut leading_out = Vec::new();
    for entry in wanted(folder, except) {
        let entry = entry.map_err(|error| unreadable(folder, error))?;
        let name = name_below(folder, entry.path())?;
        leading_out.extend(leads_out(folder, &entry).map(|to| (name.clone(), to)));
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            let size =
                add(&mut zip, entry.path(), &name).map_err(|source| Unpackable::Unreadable {
                    path: entry.path().to_owned(),
                    source,
                })?;
            contents.push((name, size));
        }
    }
    if contents.is_empty() {
        let folder = folder.to_owned();
        return Err(Unpackable::Empty { folder });
    }
    let file = finish(zip).map_err(Unpackable::Archive)?;
    let metadata = file.as_file().metadata();
    Ok(Packed {
        bytes: metadata.map_err(Unpackable::Archive)?.len(),
        file,
        files: contents.len(),
        contents,
        leading_out,
    })
}

/// Files and folders below `folder` that are not packed, each folder as a whole and with a slash at its end.
pub(super) fn left_out(folder: &Path, except: Option<&Path>) -> Vec<String> {
    let kept: HashSet<PathBuf> = wanted(folder, except)
        .flatten()
        .map(DirEntry::into_path)
        .collect();
    let all = kept.clone();
    let everything = walk(folder)
        .git_ignore(false)
        // What is in a folder that is left out need not be looked at.
        .filter_entry(move |entry| {
            let folder = entry.path().parent();
            entry.depth() == 0 || folder.is_some_and(|folder| all.contains(folder))
        })
        .build();
    let mut names: Vec<String> = everything
        .flatten()
        .filter(|entry| !kept.contains(entry.path()))
        .filter_map(|entry| {
            let name = entry.path().strip_prefix(folder).ok()?.to_string_lossy();
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            Some(format!("{name}{}", if is_folder { "/" } else { "" }))
        })
        .collect();
    names.sort();
    names
}

fn wanted(
    folder: &Path,
    except: Option<&Path>,
) -> impl Iterator<Item = Result<DirEntry, ignore::Error>> {
    let except = except.map(Path::to_owned);
    walk(folder)
        .git_ignore(true)
        .require_git(false)
        .add_custom_ignore_filename(IGNORE_FILE)
        .filter_entry(move |entry| {
            let is_kept = is_wanted(&entry.file_name().to_string_lossy());
            entry.depth() == 0 || (is_kept && except.as_deref() != Some(entry.path()))
        })
        .build()
}

fn walk(folder: &Path) -> WalkBuilder {
    let mut walk = WalkBuilder::new(folder);
    walk.standard_filters(false)
        .follow_links(true)
        .sort_by_file_name(Ord::cmp);
    walk
}

/// A link that leads nowhere, a folder that may not be read, a ring of links.
fn unreadable(folder: &Path, error: ignore::Error) -> Unpackable {
    let path = path_of(&error).unwrap_or(folder).to_owned();
    // The walk's own sentence has the path in it twice more.
    let source = match (path.metadata(), error.io_error()) {
        (Err(system), _) => system,
        (Ok(_), Some(other)) => io::Error::from(other.kind()),
        (Ok(_), None) => io::Error::other(error),
    };
    Unpackable::Unreadable { path, source }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        _ => None,
    }
}

fn name_below(folder: &Path, path: &Path) -> Result<String, Unpackable> {
    let name = path.strip_prefix(folder).unwrap_or(path);
    let text = name.to_str().map(str::to_owned);
    text.ok_or_else(|| Unpackable::NotText {
        path: path.to_owned(),
    })
}

/// Where a link leads, if that is outside.
fn leads_out(folder: &Path, entry: &DirEntry) -> Option<PathBuf> {
    if entry.depth() == 0 || !entry.path_is_symlink() {
        return None;
    }
    let target = entry.path().canonicalize().ok()?;
    let inside = folder.canonicalize().ok()?;
    (!target.starts_with(inside)).then_some(target)
}

fn add(zip: &mut ZipWriter<BufWriter<NamedTempFile>>, path: &Path, name: &str) -> io::Result<u64> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let options = SimpleFileOptions::default()
        .compression_level(Some(6))
        // Neither times nor the rights of others are part of a plugin.
        .last_modified_time(DateTime::default())
        .unix_permissions(if is_executable(&metadata) {
            0o755
        } else {
            0o644
        })
        .large_file(metadata.len() >= LARGE);
    zip.start_file(name, options)?;
    io::copy(&mut BufReader::new(file), zip)
}

fn finish(zip: ZipWriter<BufWriter<NamedTempFile>>) -> io::Result<NamedTempFile> {
    let mut out = zip.finish()?;
    out.flush()?;
    out.into_inner().map_err(|error| error.into_error())
}

fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
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
        assert!(packed.leading_out.is_empty());
        assert_eq!(
            left_out(dir.path(), None),
            [
                ".env",
                ".git/",
                ".gitattributes",
                ".gitignore",
                ".venv/",
                "big/model.ckpt",
                "debug.log",
                "plugin/__pycache__/",
                "plugin/deep/build/",
                "secret.txt",
                "x.egg-info/",
            ]
        );
        let mode = zip.by_name("run.sh").unwrap().unix_mode();
        assert_eq!(mode.map(|mode| mode & 0o777), Some(0o755));
        assert!(!zip.by_name("plugin/linked.bin").unwrap().is_symlink());
    }

    fn bytes(folder: &Path) -> Vec<u8> {
        fs::read(pack(folder).unwrap().file.path()).unwrap()
    }

    #[test]
    fn equal_files_give_equal_bytes() {
        let [one, two] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        for (dir, mode) in [(&one, 0o600), (&two, 0o664)] {
            for name in ["b.txt", "a.txt", "c.txt"] {
                let path = dir.path().join(name);
                fs::write(&path, name).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            }
        }
        let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1 << 30);
        let file = File::options().write(true).open(two.path().join("a.txt"));
        file.unwrap().set_modified(long_ago).unwrap();
        assert!(bytes(one.path()) == bytes(two.path()));
        fs::write(two.path().join("a.txt"), "b").unwrap();
        assert!(bytes(one.path()) != bytes(two.path()));
    }

    #[test]
    fn a_link_that_leads_out_is_packed_and_named() {
        let [dir, outside] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let model = outside.path().join("model.bin");
        fs::write(&model, "weights").unwrap();
        fs::write(dir.path().join("config.yaml"), "code: x\n").unwrap();
        symlink(&model, dir.path().join("model.bin")).unwrap();
        let packed = pack(dir.path()).unwrap();
        let to = model.canonicalize().unwrap();
        assert_eq!(packed.leading_out, [("model.bin".to_owned(), to)]);
        assert_eq!(packed.files, 2);
    }

    #[test]
    fn the_archive_itself_is_never_in_it() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("config.yaml"), "code: x\n").unwrap();
        let own = dir.path().join("x.zip");
        fs::write(&own, "an earlier one").unwrap();
        let packed = pack_without(dir.path(), Some(&own)).unwrap();
        assert_eq!(packed.files, 1);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("model.bin");
        symlink("gone.bin", &link).unwrap();
        let error = pack(dir.path()).unwrap_err();
        assert!(
            matches!(&error, Unpackable::Unreadable { path, .. } if *path == link),
            "{error:?}"
        );
    }

    #[test]
    fn an_empty_directory_is_no_plugin() {
        let dir = tempfile::tempdir().unwrap();
        assert!(pack(dir.path()).is_err());
    }
}
