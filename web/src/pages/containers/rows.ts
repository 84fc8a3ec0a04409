/** The rows of the table, from the records: what they say, which are shown, in which order. */

import type { Container, StatsSample } from "../../api/types";
import { partsOf } from "../../ui/release";
import { shownState, type Shown } from "../../ui/status";

export interface Row {
  container: Container;
  code: string;
  version: string;
  state: Shown;
  viewers: number;
  /** What the filter looks into, in lower case. */
  text: string;
}

export const COLUMNS = ["name", "model", "state", "port", "endpoint", "viewers", "cpu", "memory", "age", "visit"] as const;
export type Column = (typeof COLUMNS)[number];

export interface Order {
  by: Column;
  isDown: boolean;
}

/** States in the order in which they ask for somebody. */
const URGENCY: Shown[] = [
  "failed", "unhealthy", "building", "starting", "requested", "queued", "running", "completed", "asleep", "paused", "stopped",
  "cancelled", "deleting", "deleted",
];

type Latest = (pk: number) => StatsSample | undefined;

/** `words` are the states as people read them: what can be read can be looked for. */
export function rowsOf(containers: ReadonlyMap<number, Container>, words: Record<Shown, string>): Row[] {
  return [...containers.values()].map((container) => {
    const { code, version } = partsOf(container.plugin_release);
    const state = shownState(container);
    const text = [container.name, container.plugin_release, ...container.labels, state, words[state]].join("\n").toLowerCase();
    return { container, code, version, state, viewers: container.traffic?.viewers ?? 0, text };
  });
}

/** Rows that have every word somewhere. */
export function matching(rows: readonly Row[], search: string): readonly Row[] {
  const words = search.toLowerCase().split(/\s+/).filter((word) => word !== "");
  return words.length === 0 ? rows : rows.filter((row) => words.every((word) => row.text.includes(word)));
}

/** How many rows are in each state, for the states that there are. */
export function countsOf(rows: readonly Row[]): [Shown, number][] {
  const counts = new Map<Shown, number>();
  for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => URGENCY.indexOf(a) - URGENCY.indexOf(b));
}

/** A copy in that order. What has no value comes last either way; what is alike stays by name. */
export function sorted(rows: readonly Row[], { by, isDown }: Order, latest: Latest): Row[] {
  const sign = isDown ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: keyOf(row, by, latest) }));
  keyed.sort((a, b) => {
    if (a.key === undefined || b.key === undefined) {
      if (a.key !== b.key) return a.key === undefined ? 1 : -1;
    } else {
      const order = compared(a.key, b.key);
      if (order !== 0) return sign * order;
    }
    return a.row.container.pk - b.row.container.pk;
  });
  return keyed.map(({ row }) => row);
}

type Key = string | number;

// One collator for all: making it anew for each comparison takes far longer than the comparison.
const collator = new Intl.Collator(undefined, { numeric: true });

function compared(a: Key, b: Key): number {
  return typeof a === "string" && typeof b === "string" ? collator.compare(a, b) : Number(a) - Number(b);
}

function keyOf(row: Row, by: Column, latest: Latest): Key | undefined {
  const { container } = row;
  switch (by) {
    case "name":
      return `${container.plugin_release}\n${container.name}`;
    case "model":
      return container.model ?? undefined;
    case "state":
      return URGENCY.indexOf(row.state);
    case "port":
      return container.host_port ?? undefined;
    case "endpoint":
      return container.endpoint ?? undefined;
    case "viewers":
      return row.viewers;
    case "cpu":
      return usageOf(row, latest)?.cpu_percent;
    case "memory":
      return usageOf(row, latest)?.memory_bytes;
    case "age":
      // The older it is the more it has of age.
      return -Date.parse(container.created_at);
    case "visit":
      return container.last_visit_at ? Date.parse(container.last_visit_at) : undefined;
  }
}

/** What it uses now. Numbers of a run that has ended are no longer its own. */
export function usageOf(row: Row, latest: Latest): StatsSample | undefined {
  return row.state === "running" || row.state === "unhealthy" || row.state === "starting" ? latest(row.container.pk) : undefined;
}
