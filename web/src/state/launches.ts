/** What several pages say of a launch. */

import type { Launch } from "../api/types";

const ENDED = new Set<Launch["status"]>(["completed", "failed", "cancelled"]);

export function isOnItsWay(launch: Launch): boolean {
  return !ENDED.has(launch.status);
}

export function newestFirst(launches: Iterable<Launch>): Launch[] {
  return [...launches].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
}

/** How many of its build's steps came from the cache; none where nothing was built. */
export function cachedShare(launch: Launch): { cached: number; steps: number } | undefined {
  const steps = launch.image_build?.steps ?? [];
  if (steps.length === 0) return undefined;
  return { cached: steps.filter((step) => step.cached).length, steps: steps.length };
}

/** How long a launch took, or takes by now, in milliseconds. */
export function took(launch: Launch, now: number): number {
  const end = launch.finished_at ? Date.parse(launch.finished_at) : now;
  return Math.max(0, end - Date.parse(launch.created_at));
}
