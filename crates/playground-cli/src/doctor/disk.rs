//! Free space where images are, and where the Agent's data is.

use std::path::{Path, PathBuf};

use playground_control::{DiskGauge, DiskSpace};
use playground_engine::EngineError;

use super::limit::{aside, unanswered};
use super::line::{Line, argument, typed, words};
use crate::human::size;

pub(super) const IMAGES: &str = "image-disk";
pub(super) const DATA: &str = "data-disk";
/// Below so many times what must be free it is time to look.
const SOON: u64 = 3;

/// A disk that was measured, or why it was not.
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) path: PathBuf,
    pub(super) space: Result<DiskSpace, String>,
}

/// Measures the disk of a directory, or of the one that it would be made in.
pub(super) async fn measure(directory: &Path) -> Option<Disk> {
    let path = directory.to_owned();
    aside(move || {
        let space = DiskGauge::default().measure(&nearest(&path));
        Disk {
            path,
            space: space.map_err(|error| error.to_string()),
        }
    })
    .await
}

/// The directory itself, or the one that is there and that it would be made in.
pub(super) fn nearest(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = whole.ancestors().find(|folder| folder.exists());
    there.unwrap_or(path).to_owned()
}

/// The engine's disk: one of another machine cannot be measured from here.
pub(super) fn judge_images(
    root: &Result<Option<PathBuf>, EngineError>,
    disk: Option<&Disk>,
) -> Line {
    match (root, disk) {
        (Err(error), _) => unanswered(IMAGES, error),
        (Ok(Some(_)), Some(disk)) => judge(IMAGES, disk, None),
        (Ok(_), _) => Line::skipped(
            IMAGES,
            words(
                "not known: the engine keeps its images on another machine",
                "알 수 없음: 엔진의 이미지가 다른 컴퓨터에 있습니다",
            ),
        ),
    }
}

/// `least` is the Agent's own setting, in bytes.
pub(super) fn judge(name: &'static str, disk: &Disk, least: Option<u64>) -> Line {
    let path = disk.path.display();
    let space = match &disk.space {
        Ok(space) => space,
        Err(why) => {
            return Line::warning(
                name,
                words(
                    format!("the disk of {path} cannot be measured: {why}"),
                    format!("{path} 디스크를 확인할 수 없습니다: {why}"),
                ),
                typed(format!("df -h {}", argument(&disk.path))),
            );
        }
    };
    let least = least.unwrap_or_else(|| space.usual_min_free());
    let (free, total) = (size(space.free_bytes), size(space.total_bytes));
    let found = words(
        format!(
            "{path}: {free} free of {total}; builds and uploads need {}",
            size(least)
        ),
        format!(
            "{path}: {total} 중 {free} 남음. 빌드와 업로드에는 {} 필요",
            size(least)
        ),
    );
    let room = typed("playground prune && docker builder prune");
    if space.free_bytes < least {
        Line::bad(name, found, room)
    } else if space.free_bytes < least.saturating_mul(SOON) {
        Line::warning(name, found, room)
    } else {
        Line::ok(name, found)
    }
}
