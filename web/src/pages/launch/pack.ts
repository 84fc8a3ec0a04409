/** Makes a zip piece by piece: a folder with a model's weights in it is larger than what a page should hold twice. */

import { Zip, ZipDeflate, ZipPassThrough } from "fflate";

import type { Entry } from "./folder";

/** Files of this size are weights, pictures, archives: compressing them takes long and saves little. */
const DENSE = 8 * 1024 * 1024;
/** The same content gives the same archive. */
const MTIME = new Date(1980, 0, 1);

/** The archive; `onShare` hears the share that is done, in percent. */
export async function pack(entries: readonly Entry[], onShare: (share: number) => void): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let failed: Error | undefined;
  const zip = new Zip((error, part) => {
    failed ??= error ?? undefined;
    parts.push(part as Uint8Array<ArrayBuffer>);
  });
  const total = entries.reduce((sum, { file }) => sum + file.size, 0);
  let done = 0;
  for (const { path, file } of entries) {
    const part = file.size >= DENSE ? new ZipPassThrough(path) : new ZipDeflate(path, { level: 6 });
    part.mtime = MTIME;
    zip.add(part);
    // Each piece is awaited: the page answers in between.
    for (const reader = file.stream().getReader(); ; ) {
      const { done: isEnd, value } = await reader.read();
      if (isEnd) break;
      part.push(value);
      done += value.length;
      onShare(Math.floor((100 * done) / Math.max(total, 1)));
    }
    part.push(new Uint8Array(0), true);
  }
  zip.end();
  if (failed) throw failed;
  return new Blob(parts, { type: "application/zip" });
}
