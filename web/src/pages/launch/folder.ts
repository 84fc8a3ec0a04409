/** A folder that was dropped or chosen, as an archive. */

import type { Archive } from "./given";
import { isWanted, RULES } from "./names";

export interface Entry {
  path: string;
  file: File;
}

/** Everything below a folder that was dropped, but what is never part of a plugin; paths begin inside of it. */
export async function entriesOf(folder: FileSystemDirectoryEntry): Promise<Entry[]> {
  const entries: Entry[] = [];
  const visit = async (at: FileSystemDirectoryEntry, prefix: string): Promise<void> => {
    for (const child of await childrenOf(at)) {
      const path = prefix + child.name;
      if (!isWanted(child.name) && !RULES.has(child.name)) continue;
      if (child.isDirectory) await visit(child as FileSystemDirectoryEntry, `${path}/`);
      else entries.push({ path, file: await fileOf(child as FileSystemFileEntry) });
    }
  };
  await visit(folder, "");
  return entries;
}

/** Files that an input for folders gave; each path begins with the folder's own name. */
export function entriesOfInput(files: Iterable<File>): Entry[] {
  return [...files]
    .map((file) => ({ path: file.webkitRelativePath.split("/").slice(1).join("/"), file }))
    .filter(({ path }) => path !== "");
}

/** The archive of what belongs to the plugin; none when nothing does. What does the packing is fetched when it is needed. */
export async function archived(name: string, all: Entry[], onShare: (share: number) => void): Promise<Archive | undefined> {
  const [{ belonging }, { pack }] = await Promise.all([import("./belongs"), import("./pack")]);
  const rules = all.filter(({ path }) => RULES.has(path.split("/").at(-1) ?? ""));
  const lines = rules.map(async ({ path, file }) => ({ folder: path.replace(/[^/]*$/, ""), lines: await file.text() }));
  const paths = new Set(belonging(all.map(({ path }) => path), await Promise.all(lines)));
  const entries = all.filter(({ path }) => paths.has(path));
  if (entries.length === 0) return undefined;
  return { name: `${name}.zip`, blob: await pack(entries, onShare), files: entries.length };
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
