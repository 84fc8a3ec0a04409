//! What is wrong with a directory before it is an archive.

use std::path::Path;

use playground_plugin::{Finding, Place, Severity};
use playground_types::failure::Translation;

use crate::pack::Unpackable;

/// A link out of the directory is followed, and its author may not know it.
pub(super) fn leads_out(name: &str, to: &Path) -> Finding {
    let to = to.display();
    Finding {
        severity: Severity::Warning,
        code: "link_leads_out",
        place: Some(Place::file(name)),
        message: format!("it is a link to {to}, outside the plugin; what is there is packed"),
        hint: Some(
            "Copy it into the plugin's directory: other machines do not have it.".to_owned(),
        ),
        ko: Translation {
            message: format!(
                "플러그인 밖을 가리키는 링크입니다. 가리키는 내용이 그대로 들어갑니다: {to}"
            ),
            hint: Some("플러그인 폴더로 복사하세요. 다른 컴퓨터에는 없는 파일입니다.".to_owned()),
        },
    }
}

/// The same as a command's last words.
pub(crate) fn in_korean(error: &Unpackable) -> String {
    if let Unpackable::Archive(source) = error {
        return format!("아카이브를 쓸 수 없습니다: {source}");
    }
    // A path below nothing stays whole.
    let found = unpackable(Path::new(""), error);
    let said = found.and_then(|found| Some(format!("{}: {}", found.place?.file, found.ko.message)));
    said.unwrap_or_else(|| error.to_string())
}

/// A directory that cannot even be packed. `None` where that is our own disk's fault.
pub(super) fn unpackable(folder: &Path, error: &Unpackable) -> Option<Finding> {
    let (path, message, [hint, ko_hint], ko_message) = match error {
        Unpackable::Archive(_) => return None,
        Unpackable::Empty { folder } => (
            folder,
            "it has no file of a plugin".to_owned(),
            [
                "Begin with `playground init`.",
                "`playground init`으로 시작하세요.",
            ],
            "플러그인의 파일이 하나도 없습니다.".to_owned(),
        ),
        Unpackable::NotText { path } => (
            path,
            "its name is not UTF-8".to_owned(),
            ["Rename it.", "이름을 바꾸세요."],
            "이름이 UTF-8이 아닙니다.".to_owned(),
        ),
        Unpackable::Unreadable { path, .. } if path.is_symlink() && !path.exists() => (
            path,
            "it is a link that leads nowhere".to_owned(),
            [
                "Remove it, or put the file in its place.",
                "지우거나, 그 자리에 파일을 두세요.",
            ],
            "가리키는 곳이 없는 링크입니다.".to_owned(),
        ),
        Unpackable::Unreadable { path, source } => (
            path,
            format!("it cannot be read: {source}"),
            [
                "See that you may read it, or leave it out with a line in .synapseignore.",
                "읽을 권한이 있는지 확인하거나, .synapseignore에 적어서 빼세요.",
            ],
            format!("읽을 수 없습니다: {source}"),
        ),
    };
    let code = match error {
        Unpackable::Empty { .. } => "archive_empty",
        _ => "not_packable",
    };
    let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy();
    let place = (!name.is_empty()).then(|| Place::file(name));
    Some(Finding {
        severity: Severity::Error,
        code,
        place,
        message,
        hint: Some(hint.to_owned()),
        ko: Translation {
            message: ko_message,
            hint: Some(ko_hint.to_owned()),
        },
    })
}
