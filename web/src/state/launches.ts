/** What several pages say of a launch. */

import type { BuildStep, Launch } from "../api/types";

const ENDED = new Set<Launch["status"]>(["completed", "failed", "cancelled"]);

export function isOnItsWay(launch: Launch): boolean {
  return !ENDED.has(launch.status);
}

/** As many of the newest as the stream tells of, beside all that are on their way. */
export const TOLD = 100;

/** What newer ones pushed out of those that the stream tells of. What the Agent forgot leaves fewer of them behind. */
export function pushedOut(before: ReadonlyMap<string, Launch>, now: ReadonlyMap<string, Launch>): Launch[] {
  return now.size < TOLD ? [] : [...before.values()].filter(({ id }) => !now.has(id));
}

export function newestFirst(launches: Iterable<Launch>): Launch[] {
  return [...launches].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
}

/** Builders take several steps for one thing: people are told of the thing, with the time of all of them. */
export function rowsOf(steps: readonly BuildStep[]): BuildStep[] {
  const rows: BuildStep[] = [];
  for (const step of steps) {
    const last = rows.at(-1);
    if (last?.purpose && last.purpose === step.purpose && !last.error) rows[rows.length - 1] = joined(last, step);
    else rows.push(step);
  }
  return rows;
}

function joined(first: BuildStep, second: BuildStep): BuildStep {
  const isOver = (step: BuildStep) => step.cached || step.duration_ms != null;
  const time = (first.duration_ms ?? 0) + (second.duration_ms ?? 0);
  return {
    ...second,
    name: `${first.name}\n${second.name}`,
    cached: first.cached && second.cached,
    duration_ms: isOver(first) && isOver(second) ? time : undefined,
  };
}

/** How many of its build's steps, as people are told of them, came from the cache; none where nothing was built. */
export function cachedShare(launch: Launch): { cached: number; steps: number } | undefined {
  const steps = rowsOf(launch.image_build?.steps ?? []);
  if (steps.length === 0) return undefined;
  return { cached: steps.filter((step) => step.cached).length, steps: steps.length };
}

/** How long a launch took, or takes by now, in milliseconds. */
export function took(launch: Launch, now: number): number {
  const end = launch.finished_at ? Date.parse(launch.finished_at) : now;
  return Math.max(0, end - Date.parse(launch.created_at));
}
