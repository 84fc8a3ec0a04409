//! A plugin's directory as an archive, packed as the platform's own tool does: files only, at the archive's root, links
//! as what they lead to, and without what belongs to the author's machine. Equal files give equal bytes.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use ignore::{DirEntry, WalkBuilder};
use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::names::is_wanted;
use crate::interrupt::Interruptible;

/// Patterns of the author's own, besides `.gitignore`.
const IGNORE_FILE: &str = ".synapseignore";
/// Files that say what is packed.
const IGNORE_FILES: [&str; 2] = [".gitignore", IGNORE_FILE];
/// Past this a zip needs its long form.
const LARGE: u64 = u32::MAX as u64;
/// From this many bytes on it is worth a look whether a file can be compressed at all.
const WORTH_A_LOOK: u64 = 1 << 20;
/// That much of it is looked at.
const SAMPLE: usize = 64 << 10;

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

impl Unpackable {
    /// Whether something went while it was being packed, as it does while an editor saves.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self, Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// Whether a change of this file, named from the directory on, can change what is packed.
pub(crate) fn matters(name: &Path) -> bool {
    let is_ignore_file = |part: &str| IGNORE_FILES.contains(&part);
    let mut parts = name
        .components()
        .rev()
        .map(|part| part.as_os_str().to_string_lossy());
    let is_last_wanted = parts
        .next()
        .is_none_or(|part| is_wanted(&part) || is_ignore_file(&part));
    is_last_wanted && parts.all(|part| is_wanted(&part))
}

/// The directories that files are packed from, itself among them.
pub(crate) fn folders(folder: &Path) -> Vec<PathBuf> {
    let is_folder = |entry: &DirEntry| entry.file_type().is_some_and(|kind| kind.is_dir());
    wanted(folder, None)
        .flatten()
        .filter(is_folder)
        .map(DirEntry::into_path)
        .collect()
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
        .filter(|entry| entry.as_ref().map_or_else(is_of_wanted, |_| true))
}

/// A link that leads nowhere is an error before its name is looked at.
fn is_of_wanted(error: &ignore::Error) -> bool {
    let name = path_of(error).and_then(Path::file_name);
    name.is_none_or(|name| is_wanted(&name.to_string_lossy()))
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
    let mut file = BufReader::with_capacity(SAMPLE, Interruptible(File::open(path)?));
    let metadata = file.get_ref().0.metadata()?;
    let options = if metadata.len() >= WORTH_A_LOOK && is_dense(file.fill_buf()?)? {
        SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
    } else {
        SimpleFileOptions::default().compression_level(Some(6))
    };
    let options = options
        // Neither times nor the rights of others are part of a plugin.
        .last_modified_time(DateTime::default())
        .unix_permissions(if is_executable(&metadata) {
            0o755
        } else {
            0o644
        })
        .large_file(metadata.len() >= LARGE);
    zip.start_file(name, options)?;
    io::copy(&mut file, zip)
}

/// Whether compressing this would save less than a tenth: pictures, archives, a model's weights. It takes seconds for each
/// hundred megabytes, at every save while somebody writes a plugin.
fn is_dense(sample: &[u8]) -> io::Result<bool> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(sample)?;
    Ok(encoder.finish()?.len() * 10 > sample.len() * 9)
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
mod tests;
