//! `playground pack`: the archive that an upload of a directory would send.

mod folder;
mod names;

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use playground_plugin::manifest::Manifest;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::human::size;
use crate::language::say;
use crate::output::{Output, note, print, print_json};
use crate::table::{table, text};
pub(crate) use folder::{Packed, Unpackable, folders, matters, pack};
use folder::{left_out, pack_without};

const MANIFEST: &str = "config.yaml";
/// Where archives go unless told otherwise: a folder that is never packed.
const OUT: &str = "dist";

#[derive(Debug, Args)]
pub(crate) struct PackArgs {
    /// The plugin's directory
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The archive to write [default: DIR/dist/CODE-VERSION.zip]
    #[arg(long = "out", short = 'o', value_name = "FILE")]
    file: Option<PathBuf>,
    /// Also list every file that was packed, and everything that was left out
    #[arg(long, short)]
    list: bool,
}

/// What was packed, for programs.
#[derive(Serialize)]
struct Report {
    file: PathBuf,
    sha256: String,
    archive_bytes: u64,
    files: usize,
    size_bytes: u64,
    contents: Vec<Content>,
    left_out: Vec<String>,
}

#[derive(Serialize)]
struct Content {
    path: String,
    size_bytes: u64,
}

pub(crate) fn run(args: &PackArgs, output: Output) -> anyhow::Result<()> {
    let report = write(args)?;
    if output == Output::Json {
        return print_json(&report);
    }
    if args.list {
        print(&listed(&report))?;
    }
    let (files, left_out) = (report.files, report.left_out.len());
    let (before, after) = (size(report.size_bytes), size(report.archive_bytes));
    let sha256 = &report.sha256;
    note(&say(
        format!(
            "{files} files, {before}, packed to {after}, sha256 {sha256}; left out: {left_out}"
        ),
        format!("파일 {files}개, {before}, 압축 후 {after}, sha256 {sha256}. 제외: {left_out}개"),
    ));
    Ok(print(&report.file.display().to_string())?)
}

fn write(args: &PackArgs) -> anyhow::Result<Report> {
    let file = args.file.clone().unwrap_or_else(|| usual(&args.folder));
    let cannot = || {
        let shown = file.display();
        say(
            format!("{shown} cannot be written"),
            format!("파일을 쓸 수 없습니다: {shown}"),
        )
    };
    let own = same_file(&args.folder, &file);
    let packed = pack_without(&args.folder, own.as_deref())?;
    let sha256 = sha256(packed.file.path()).with_context(cannot)?;
    if let (None, Some(folder)) = (&args.file, file.parent()) {
        fs::create_dir_all(folder).with_context(cannot)?;
    }
    // Not moved: a temporary file is for nobody else to read, and may be on another disk.
    let mut source = packed.file.reopen().with_context(cannot)?;
    let mut target = fs::File::create(&file).with_context(cannot)?;
    io::copy(&mut source, &mut target).with_context(cannot)?;
    Ok(Report {
        left_out: left_out(&args.folder, own.as_deref()),
        sha256,
        archive_bytes: packed.bytes,
        files: packed.files,
        size_bytes: packed.contents.iter().map(|(_, bytes)| bytes).sum(),
        contents: packed
            .contents
            .into_iter()
            .map(|(path, size_bytes)| Content { path, size_bytes })
            .collect(),
        file,
    })
}

/// Named after the release where the manifest says it, else after the directory.
fn usual(folder: &Path) -> PathBuf {
    let manifest = fs::read(folder.join(MANIFEST))
        .ok()
        .and_then(|bytes| Manifest::parse(MANIFEST, &bytes).ok());
    let release = manifest.and_then(|manifest| {
        let (code, version) = (manifest.code?, manifest.version?);
        let is_name = |text: &str| !text.contains(['/', '\\']);
        (is_name(&code) && is_name(&version)).then(|| format!("{code}-{version}"))
    });
    let name = release.or_else(|| {
        let folder = folder.canonicalize().ok()?;
        Some(folder.file_name()?.to_string_lossy().into_owned())
    });
    let name = name.unwrap_or_else(|| "plugin".to_owned());
    folder.join(OUT).join(format!("{name}.zip"))
}

/// The archive as the walk through the directory would meet it.
fn same_file(folder: &Path, file: &Path) -> Option<PathBuf> {
    let file = std::path::absolute(file).ok()?;
    let inside = std::path::absolute(folder).ok()?;
    Some(folder.join(file.strip_prefix(inside).ok()?))
}

/// The digest of a file.
pub(crate) fn sha256(path: &Path) -> io::Result<String> {
    let mut file = BufReader::new(fs::File::open(path)?);
    let mut hash = Sha256::new();
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        hash.update(bytes);
        let read = bytes.len();
        file.consume(read);
    }
    let digest = hash.finalize();
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn listed(report: &Report) -> String {
    let packed = report
        .contents
        .iter()
        .map(|content| vec![text(&content.path), text(size(content.size_bytes))]);
    let left_out = report
        .left_out
        .iter()
        .map(|path| vec![text(path), text(say("left out", "제외"))]);
    table(&["FILE", "SIZE"], packed.chain(left_out))
}
