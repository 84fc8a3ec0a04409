//! Names that belong to the author's machine and not to the plugin, as the platform's own tool has them.

/// Names left out at any depth.
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
];
/// Beginnings of names left out at any depth.
const BEGINNINGS: &[&str] = &[".git"];
/// Endings of names left out at any depth.
const ENDINGS: &[&str] = &[
    ".pyc",
    ".pyo",
    ".pyd",
    ".egg-info",
    ".egg",
    ".swp",
    ".swo",
    ".log",
];

/// Whether a file or folder of this name is part of a plugin.
pub(crate) fn is_wanted(name: &str) -> bool {
    !NAMES.contains(&name)
        && !BEGINNINGS.iter().any(|start| name.starts_with(start))
        && !ENDINGS.iter().any(|end| name.ends_with(end))
}
