/** A folder that was dropped or chosen, as an archive: what a plugin needs, and nothing that only belongs to a workplace. */

import type { Archive } from "./given.svelte";

export interface Entry {
  path: string;
  file: File;
}

const LEFT_OUT_FOLDERS = new Set([
  ".git", ".hg", ".svn", "__pycache__", ".venv", "venv", "node_modules", ".idea", ".vscode", ".mypy_cache",
  ".pytest_cache", ".ruff_cache", ".ipynb_checkpoints", "__MACOSX",
]);
const LEFT_OUT_FILES = /(^\.DS_Store$|^Thumbs\.db$|\.pyc$)/;

/** Whether a file of a plugin's folder belongs into its archive. */
export function belongs(path: string): boolean {
  const parts = path.split("/");
  const name = parts.pop() ?? "";
  return !parts.some((part) => LEFT_OUT_FOLDERS.has(part)) && !LEFT_OUT_FILES.test(name);
}

/** Everything below a folder that was dropped; paths begin inside of it. */
export async function entriesOf(folder: FileSystemDirectoryEntry): Promise<Entry[]> {
  const entries: Entry[] = [];
  const visit = async (at: FileSystemDirectoryEntry, prefix: string): Promise<void> => {
    for (const child of await childrenOf(at)) {
      const path = prefix + child.name;
      if (child.isDirectory) {
        if (!LEFT_OUT_FOLDERS.has(child.name)) await visit(child as FileSystemDirectoryEntry, `${path}/`);
      } else if (belongs(path)) {
        entries.push({ path, file: await fileOf(child as FileSystemFileEntry) });
      }
    }
  };
  await visit(folder, "");
  return entries;
}

/** Files that an input for folders gave; each path begins with the folder's own name. */
export function entriesOfInput(files: Iterable<File>): Entry[] {
  return [...files]
    .map((file) => ({ path: file.webkitRelativePath.split("/").slice(1).join("/"), file }))
    .filter(({ path }) => path !== "" && belongs(path));
}

/** Makes the archive. What does the packing is fetched when it is needed. */
export async function pack(name: string, entries: Entry[]): Promise<Archive> {
  const { zipSync } = await import("fflate");
  const contents: Record<string, Uint8Array> = {};
  for (const { path, file } of entries) contents[path] = new Uint8Array(await file.arrayBuffer());
  const bytes = zipSync(contents, { level: 6, mtime: new Date(1980, 0, 1) });
  const blob = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "application/zip" });
  return { name: `${name}.zip`, blob, files: entries.length };
}

/** A reader of folders gives a hundred at a time. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return children.sort((a, b) => (a.name < b.name ? -1 : 1));
    children.push(...some);
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
