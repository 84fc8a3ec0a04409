/** What was given to be launched, on its way from where it was dropped to where it is launched. */

import { api, unwrap } from "../../api/client";
import type { Example } from "../../api/types";

export interface Archive {
  name: string;
  blob: Blob;
  /** Files in it, where that is known. */
  files?: number;
}

export interface Given {
  archive: Archive;
  /** Whether it is to be launched without another question. */
  isGo: boolean;
}

let given: Given | undefined;

export function give(it: Given): void {
  given = it;
}

/** What was given, once. */
export function take(): Given | undefined {
  const it = given;
  given = undefined;
  return it;
}

export async function archiveOfExample(example: Example): Promise<Archive> {
  const blob = await unwrap(
    api.GET("/examples/{name}/archive", { params: { path: { name: example.name } }, parseAs: "blob" }),
  );
  return { name: `${example.name}.zip`, blob: blob as Blob };
}
