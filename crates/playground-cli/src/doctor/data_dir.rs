//! The Agent's data directory: whether it can be written, and who else can read it and its secrets.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use playground_agent::TOKEN_FILE;

use super::disk::nearest;
use super::limit::{aside, too_long};
use super::line::{Line, argument, typed, words};

const NAME: &str = "data-dir";
/// Rights of everybody else, and of them and the group to write.
const OTHERS: u32 = 0o007;
const FOREIGN_WRITERS: u32 = 0o022;
/// Rights of anybody but the owner.
const NOT_OWNER: u32 = 0o077;
/// Files that let their reader in.
const SECRETS: [&str; 2] = [TOKEN_FILE, "link-key"];

/// What was found.
#[derive(Debug)]
pub(super) struct DataDir {
    pub(super) path: PathBuf,
    /// Its mode; none while it does not exist.
    pub(super) mode: Option<u32>,
    /// Secrets that others than their owner may read or change.
    pub(super) open_secrets: Vec<PathBuf>,
    /// Why nothing can be written there, or in the directory that it would be made in.
    pub(super) refused: Option<String>,
}

/// Looks, and writes a file that has no name and is gone at once.
pub(super) async fn look(path: &Path) -> Line {
    let path = path.to_owned();
    let found = aside(move || find(path)).await;
    found.map_or_else(|| too_long(NAME), |found| judge(&found))
}

fn find(path: PathBuf) -> DataDir {
    let written = tempfile::tempfile_in(nearest(&path));
    let secrets = SECRETS.map(|name| path.join(name));
    let is_open = |file: &PathBuf| mode(file).is_some_and(|mode| mode & NOT_OWNER != 0);
    DataDir {
        mode: mode(&path),
        open_secrets: secrets.into_iter().filter(is_open).collect(),
        path,
        refused: written.err().map(|error| error.to_string()),
    }
}

fn mode(path: &Path) -> Option<u32> {
    let found = std::fs::metadata(path).ok()?;
    Some(found.permissions().mode() & 0o777)
}

pub(super) fn judge(found: &DataDir) -> Line {
    let path = found.path.display();
    if let Some(why) = &found.refused {
        return Line::bad(
            NAME,
            words(
                format!("{path} cannot be written: {why}"),
                format!("{path}에 쓸 수 없습니다: {why}"),
            ),
            typed(format!(
                "sudo install -d -m 700 -o \"$USER\" {}",
                argument(&found.path)
            )),
        );
    }
    let Some(mode) = found.mode else {
        return Line::ok(
            NAME,
            words(
                format!("{path} does not exist yet and can be made"),
                format!("{path}: 아직 없으며 만들 수 있습니다"),
            ),
        );
    };
    match found.open_secrets.first() {
        Some(first) => judge_open(first, &found.open_secrets),
        None => judge_mode(&found.path, mode),
    }
}

/// Of secrets that others may read.
fn judge_open(first: &Path, secrets: &[PathBuf]) -> Line {
    let files: Vec<_> = secrets.iter().map(|file| argument(file)).collect();
    Line::bad(
        NAME,
        words(
            format!("others may read {}: it lets them in", first.display()),
            format!(
                "{}: 다른 사용자가 이 파일을 읽고 Agent에 접속할 수 있습니다",
                first.display()
            ),
        ),
        typed(format!("chmod 600 {}", files.join(" "))),
    )
}

/// Of what can be written, by who else may look into it.
fn judge_mode(path: &Path, mode: u32) -> Line {
    let private = typed(format!("chmod 700 {}", argument(path)));
    let path = path.display();
    if mode & FOREIGN_WRITERS != 0 {
        return Line::bad(
            NAME,
            words(
                format!("others may write into {path} (mode {mode:o})"),
                format!("다른 사용자가 {path}에 쓸 수 있습니다(권한 {mode:o})"),
            ),
            private,
        );
    }
    if mode & OTHERS != 0 {
        return Line::warning(
            NAME,
            words(
                format!(
                    "everybody on this machine may read {path} (mode {mode:o}): apps' variables are in there"
                ),
                format!(
                    "{path}: 이 컴퓨터의 모든 사용자가 읽을 수 있습니다(권한 {mode:o}). 앱의 환경 변수가 들어 있습니다"
                ),
            ),
            private,
        );
    }
    Line::ok(
        NAME,
        words(
            format!("{path} can be written (mode {mode:o})"),
            format!("{path}에 쓸 수 있습니다(권한 {mode:o})"),
        ),
    )
}
