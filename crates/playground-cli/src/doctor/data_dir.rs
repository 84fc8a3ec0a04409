//! The Agent's data directory: whether it can be written, and who else can read it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::limit::{aside, too_long};
use super::line::{Line, typed, words};

const NAME: &str = "data-dir";
/// Rights of everybody else, and of them and the group to write.
const OTHERS: u32 = 0o007;
const FOREIGN_WRITERS: u32 = 0o022;

/// What was found.
#[derive(Debug)]
pub(super) struct DataDir {
    pub(super) path: PathBuf,
    /// Its mode; none while it does not exist.
    pub(super) mode: Option<u32>,
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
    let whole = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
    let there = whole.ancestors().find(|folder| folder.exists());
    let written = tempfile::tempfile_in(there.unwrap_or(&whole));
    let mode = std::fs::metadata(&whole).ok();
    DataDir {
        path,
        mode: mode.map(|found| found.permissions().mode() & 0o777),
        refused: written.err().map(|error| error.to_string()),
    }
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
            typed(format!("sudo install -d -m 700 -o \"$USER\" {path}")),
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
    let private = typed(format!("chmod 700 {path}"));
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
