/** Which rows are chosen, by their keys. Each function gives a new set. */

export type Selection = ReadonlySet<number>;

export function toggled(selection: Selection, pk: number): Selection {
  const next = new Set(selection);
  if (!next.delete(pk)) next.add(pk);
  return next;
}

/** Everything from one row to another, in the order that is shown; only the one, when the other is not shown. */
export function ranged(selection: Selection, shown: readonly number[], from: number | undefined, to: number): Selection {
  const begin = from === undefined ? -1 : shown.indexOf(from);
  const end = shown.indexOf(to);
  if (begin === -1 || end === -1) return toggled(selection, to);
  return new Set([...selection, ...shown.slice(Math.min(begin, end), Math.max(begin, end) + 1)]);
}

/** All that are shown, or none of them when all were chosen. */
export function toggledAll(selection: Selection, shown: readonly number[]): Selection {
  const hadAll = shown.length > 0 && shown.every((pk) => selection.has(pk));
  return hadAll ? new Set([...selection].filter((pk) => !shown.includes(pk))) : new Set([...selection, ...shown]);
}
