/** Names that belong to the author's machine and not to the plugin: the same as the command line leaves out. */

/** Names left out at any depth: they belong to the author's machine. */
const NAMES = new Set([
  "__pycache__", ".python-version", ".venv", "venv", ".env", "env", ".svn", ".hg", ".idea", ".vscode", ".DS_Store", "Thumbs.db",
  "dist", "build", "node_modules", ".cache", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox", ".ipynb_checkpoints",
  ".coverage", "htmlcov", "__MACOSX", "4913",
]);
const LEFT_OUT = /^\.git|^\.?#|~$|___jb_(tmp|old)___$|\.(pyc|pyo|pyd|egg-info|egg|sw[opx]|log)$/;

/** Files whose lines name what else is left out. */
export const RULES = new Set([".gitignore", ".synapseignore"]);

/** Whether a file or folder of this name is part of a plugin. */
export function isWanted(name: string): boolean {
  return !NAMES.has(name) && !LEFT_OUT.test(name);
}
