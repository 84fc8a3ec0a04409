/** Names that belong to the author's machine and not to the plugin: the same as the command line leaves out, which a test sees to. */

/** Left out at any depth. */
export const NAMES = [
  "__pycache__", ".python-version", ".venv", "venv", ".env", "env", ".svn", ".hg", ".idea", ".vscode", ".DS_Store", "Thumbs.db",
  "dist", "build", "node_modules", ".cache", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox", ".ipynb_checkpoints",
  ".coverage", "htmlcov", "4913",
];
export const BEGINNINGS = [".git", ".#"];
export const ENDINGS = [
  ".pyc", ".pyo", ".pyd", ".egg-info", ".egg", ".swp", ".swo", ".swx", "~", "___jb_tmp___", "___jb_old___", ".log",
];
/** What Emacs saves by itself. */
const AUTOSAVED = /^#.*#$/;

/** Files whose lines name what else is left out. */
export const RULES = new Set([".gitignore", ".synapseignore"]);

/** Whether a file or folder of this name is part of a plugin. */
export function isWanted(name: string): boolean {
  return !(
    NAMES.includes(name) ||
    BEGINNINGS.some((start) => name.startsWith(start)) ||
    ENDINGS.some((end) => name.endsWith(end)) ||
    AUTOSAVED.test(name)
  );
}
