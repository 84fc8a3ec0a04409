//! The plugins of `examples/`, carried in the binary: an empty Playground has something to try.

use std::borrow::Cow;
use std::io::{Cursor, Write as _};
use std::sync::LazyLock;

use axum::body::Bytes;
use playground_plugin::manifest::Manifest;
use rust_embed::Embed;
use zip::write::SimpleFileOptions;
use zip::{DateTime, ZipWriter};

/// Those that are worth a first look, the best one first, and what they do in Korean. The plugin of the specification is not
/// among them: it is there to be served, and every prediction of it fails.
const SHOWN: [(&str, &str); 3] = [
    (
        "image-lab",
        "이미지의 대표 색상과 윤곽선을 찾고 포스터로 만듭니다.",
    ),
    (
        "text-tools",
        "한국어와 영어 텍스트의 글자 수를 세고, 핵심어를 찾고, 정리합니다.",
    ),
    (
        "story-stream",
        "한 단어씩 이어지는 이야기입니다. params로 속도, 시드, 제목을 바꿀 수 있습니다.",
    ),
];
const MANIFEST: &str = "config.yaml";

#[derive(Embed)]
#[folder = "../../examples"]
#[exclude = "*/__pycache__/*"]
#[exclude = "*.pyc"]
struct Files;

/// A plugin to try.
#[derive(Debug)]
pub(crate) struct Example {
    /// Its folder.
    pub(crate) name: &'static str,
    /// What its manifest says.
    pub(crate) manifest: Manifest,
    /// What it does, in Korean.
    pub(crate) description_ko: &'static str,
    /// It, as a zip: the same bytes whenever they are made, so that what was built of them is found again.
    pub(crate) archive: Bytes,
}

/// All examples, the best one first.
pub(crate) fn all() -> &'static [Example] {
    static ALL: LazyLock<Vec<Example>> =
        LazyLock::new(|| SHOWN.map(|(name, ko)| Example::of(name, ko)).into());
    &ALL
}

impl Example {
    fn of(name: &'static str, description_ko: &'static str) -> Self {
        let manifest = Files::get(&format!("{name}/{MANIFEST}")).expect("each has a manifest");
        Self {
            name,
            manifest: Manifest::parse(MANIFEST, &manifest.data).expect("and it is a good one"),
            description_ko,
            archive: archive(name).expect("memory takes what is written to it"),
        }
    }
}

fn archive(name: &str) -> zip::result::ZipResult<Bytes> {
    let prefix = format!("{name}/");
    let mut files: Vec<Cow<'static, str>> = Files::iter()
        .filter(|path| path.starts_with(&prefix))
        .collect();
    files.sort_unstable();
    let options = SimpleFileOptions::default()
        .compression_level(Some(6))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for path in files {
        let Some(file) = Files::get(&path) else {
            continue;
        };
        zip.start_file(&path[prefix.len()..], options)?;
        zip.write_all(&file.data)?;
    }
    Ok(zip.finish()?.into_inner().into())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_folder_of_examples_is_shown_but_the_specifications() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        let entries = std::fs::read_dir(folder).expect("the examples");
        let mut folders: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        let mut shown = SHOWN.map(|(name, _)| name.to_owned()).to_vec();
        shown.push("seed".to_owned());
        folders.sort_unstable();
        shown.sort_unstable();
        assert_eq!(folders, shown);
    }

    #[test]
    fn an_archive_is_the_same_bytes_each_time() {
        for example in all() {
            let again = archive(example.name).expect("an archive");
            assert_eq!(again, example.archive, "{}", example.name);
        }
    }
}
