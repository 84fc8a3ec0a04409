//! Text -> a path inside the plugin: relative, `/`-separated, without `.`, `..` or empty components.

use crate::error::shown;
use crate::reason::NameFault;
use crate::{ArchiveLimits, PluginError};

/// A checked path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Checked {
    /// A file the plugin has.
    File(String),
    /// A folder, or something no plugin needs: read past it.
    Ignored,
}

/// What version control, interpreters and desktops leave behind. They count as entries and are never unpacked.
const SKIPPED: [&str; 5] = ["__MACOSX", ".DS_Store", "Thumbs.db", ".git", "__pycache__"];
/// macOS's tar stores resource forks beside the files, under this prefix.
const APPLE_DOUBLE: &str = "._";

/// Checks one name. `windows` says that the archive separates components by backslashes.
pub(crate) fn check(
    name: &str,
    windows: bool,
    limits: &ArchiveLimits,
) -> Result<Checked, PluginError> {
    refuse_escapes(name)?;
    refuse_characters(name, windows)?;
    let is_folder = name.ends_with(['/', '\\']);
    let components: Vec<&str> = name
        .split(['/', '\\'])
        .filter(|c| !matches!(*c, "" | "."))
        .collect();
    refuse_sizes(name, &components, limits)?;
    let skipped = components.iter().any(|c| SKIPPED.contains(c))
        || components
            .last()
            .is_some_and(|c| c.starts_with(APPLE_DOUBLE));
    if is_folder || skipped || components.is_empty() {
        return Ok(Checked::Ignored);
    }
    Ok(Checked::File(components.join("/")))
}

/// Both separators count here, whatever the archive uses: a reader on another system may see either.
fn refuse_escapes(name: &str) -> Result<(), PluginError> {
    let drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    let absolute = name.starts_with(['/', '\\']);
    if drive || absolute || name.split(['/', '\\']).any(|component| component == "..") {
        return Err(PluginError::PathTraversal { entry: shown(name) });
    }
    Ok(())
}

fn refuse_characters(name: &str, windows: bool) -> Result<(), PluginError> {
    let reason = if name.is_empty() {
        NameFault::Empty
    } else if name.contains(char::is_control) {
        NameFault::Control
    } else if name.contains('\\') && !windows {
        NameFault::Backslash
    } else {
        return Ok(());
    };
    Err(PluginError::NameInvalid {
        entry: shown(name),
        reason,
    })
}

fn refuse_sizes(
    name: &str,
    components: &[&str],
    limits: &ArchiveLimits,
) -> Result<(), PluginError> {
    let longest = components.iter().map(|c| c.len()).max().unwrap_or(0);
    let reason = if name.len() > limits.name_bytes {
        NameFault::TooLong(limits.name_bytes)
    } else if longest > limits.component_bytes {
        NameFault::PartTooLong(limits.component_bytes)
    } else if components.len() > limits.depth {
        NameFault::TooDeep(limits.depth)
    } else {
        return Ok(());
    };
    Err(PluginError::NameInvalid {
        entry: shown(name),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(name: &str) -> &'static str {
        match check(name, true, &ArchiveLimits::default()) {
            Ok(_) => "ok",
            Err(error) => error.code(),
        }
    }

    #[test]
    fn item_02_every_way_out_is_refused() {
        for name in [
            "../a",
            "a/../b",
            "..",
            "/etc/x",
            "\\x",
            "\\\\x",
            "C:\\x",
            "c:x",
            "C:/x",
            "a\\..\\..\\b",
            "a/..\\b",
        ] {
            assert_eq!(code(name), "archive_path_traversal", "{name}");
        }
    }

    #[test]
    fn names_that_only_look_dangerous_are_accepted() {
        for name in ["..a/b", "a..", "...", "a/.../b", "공간 이름.py", "a:b"] {
            let want = if name == "a:b" {
                "archive_path_traversal"
            } else {
                "ok"
            };
            assert_eq!(code(name), want, "{name}");
        }
    }

    #[test]
    fn control_bytes_and_sizes_are_refused() {
        let long = "a".repeat(256);
        let deep = "a/".repeat(33) + "b";
        let wide = "aaaa/".repeat(300);
        for name in ["nul\0byte.py", "a\nb", "\u{7f}", "", &long, &deep, &wide] {
            assert_eq!(code(name), "archive_name_invalid", "{name:?}");
        }
    }

    #[test]
    fn item_11_left_overs_of_desktops_are_skipped() {
        for name in [
            "__MACOSX/._a",
            ".git/config",
            "a/__pycache__/x.pyc",
            "a/.DS_Store",
            "Thumbs.db",
            "._a",
            "dir/",
            "./",
        ] {
            assert_eq!(
                check(name, false, &ArchiveLimits::default()).unwrap(),
                Checked::Ignored,
                "{name}"
            );
        }
    }

    #[test]
    fn equal_paths_become_equal_text() {
        for name in ["./a/b", "a//b", "a/./b", "a\\b"] {
            assert_eq!(
                check(name, true, &ArchiveLimits::default()).unwrap(),
                Checked::File("a/b".into()),
                "{name}"
            );
        }
    }
}
