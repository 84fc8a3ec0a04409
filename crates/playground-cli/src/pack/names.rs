//! Names that belong to the author's machine and not to the plugin, as the platform's own tool has them.

/// Names left out at any depth. Vim tries with a file `4913` whether it may write where it saves.
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
    "4913",
];
/// Beginnings of names left out at any depth. Emacs locks what is being written with a link `.#x`, which leads nowhere.
const BEGINNINGS: &[&str] = &[".git", ".#"];
/// Endings of names left out at any depth. What editors write beside a file is among them.
const ENDINGS: &[&str] = &[
    ".pyc",
    ".pyo",
    ".pyd",
    ".egg-info",
    ".egg",
    ".swp",
    ".swo",
    ".swx",
    "~",
    "___jb_tmp___",
    "___jb_old___",
    ".log",
];

/// Whether a file or folder of this name is part of a plugin.
pub(crate) fn is_wanted(name: &str) -> bool {
    !NAMES.contains(&name)
        && !BEGINNINGS.iter().any(|start| name.starts_with(start))
        && !ENDINGS.iter().any(|end| name.ends_with(end))
        && !is_autosaved(name)
}

/// `#x#`, as Emacs has it.
fn is_autosaved(name: &str) -> bool {
    name.len() > 1 && name.starts_with('#') && name.ends_with('#')
}

#[cfg(test)]
mod tests {
    use super::is_wanted;

    #[test]
    fn what_editors_write_on_their_way_is_no_part_of_a_plugin() {
        let of_editors = [
            ".#app.py",
            "#app.py#",
            "app.py~",
            ".app.py.swp",
            ".app.py.swx",
            ".app.py.swo",
            "4913",
            "app.py___jb_tmp___",
            "app.py___jb_old___",
        ];
        for name in of_editors {
            assert!(!is_wanted(name), "{name}");
        }
        for name in ["app.py", "#notes.md", "#", "49131", "~home"] {
            assert!(is_wanted(name), "{name}");
        }
    }
}
