/** What of a plugin's folder belongs into its archive, by names and by the rules that its author wrote. */

import ignore, { type Ignore } from "ignore";

import { isWanted } from "./names";

/** The lines of a folder's own rules; the path is the folder's, empty or with a slash at its end. */
export interface Rules {
  folder: string;
  lines: string;
}

/** The paths that belong. */
export function belonging(paths: readonly string[], rules: readonly Rules[]): string[] {
  const made = rules.map(({ folder, lines }): [string, Ignore] => [folder, ignore().add(lines)]);
  const isLeftOut = (path: string) =>
    made.some(([folder, rule]) => path.startsWith(folder) && rule.ignores(path.slice(folder.length)));
  return paths.filter((path) => path.split("/").every(isWanted) && !isLeftOut(path));
}
