/** What happened to a container, from what its records say. */

import type { Container, Launch } from "../../api/types";
import { sentence } from "../../ui/failure";

export type Kind =
  | "made"
  | "launching"
  | "launched"
  | "launch_failed"
  | "launch_cancelled"
  | "failed"
  | "next_try"
  | "missed"
  | "answered"
  | "visited"
  | "process_began"
  | "process_ended";

export interface Happened {
  kind: Kind;
  /** When, RFC 3339. */
  at: string;
  /** The launch it was part of. */
  launch?: Launch;
  /** The exit code, where a process ended. */
  code?: number;
  detail?: string;
}

/** Docker's word for "never". */
const NEVER = "0001-";

/** The newest first. Docker's attributes tell of its process, where they are known. */
export function happenedTo(container: Container, launches: Iterable<Launch>, attrs?: Record<string, unknown>): Happened[] {
  const all: Happened[] = [{ kind: "made", at: container.created_at }];
  const own = [...launches].filter((launch) => launch.container_pk === container.pk);
  all.push(...own.map(outcome));
  const { last_health_check_at: checked, last_health_error: error } = container;
  if (checked) all.push({ kind: error ? "missed" : "answered", at: checked, detail: error ?? undefined });
  if (container.last_visit_at) all.push({ kind: "visited", at: container.last_visit_at });
  if (container.retry_at) all.push({ kind: "next_try", at: container.retry_at });
  // A launch that failed last has told why already.
  const last = own.reduce<Launch | undefined>((a, b) => (a && a.created_at > b.created_at ? a : b), undefined);
  if (container.failure && last?.status !== "failed") {
    all.push({ kind: "failed", at: container.updated_at, detail: sentence(container.failure) });
  }
  return [...all, ...ofProcess(attrs)].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

function outcome(launch: Launch): Happened {
  const at = launch.finished_at ?? launch.created_at;
  switch (launch.status) {
    case "completed":
      return { kind: "launched", at, launch };
    case "failed":
      return { kind: "launch_failed", at, launch, detail: launch.failure ? sentence(launch.failure) : (launch.error ?? undefined) };
    case "cancelled":
      return { kind: "launch_cancelled", at, launch };
    default:
      return { kind: "launching", at, launch };
  }
}

function ofProcess(attrs: Record<string, unknown> | undefined): Happened[] {
  const state = attrs?.State as { StartedAt?: unknown; FinishedAt?: unknown; ExitCode?: unknown } | undefined;
  const all: Happened[] = [];
  if (isTime(state?.StartedAt)) all.push({ kind: "process_began", at: state.StartedAt });
  if (isTime(state?.FinishedAt)) {
    all.push({ kind: "process_ended", at: state.FinishedAt, code: typeof state.ExitCode === "number" ? state.ExitCode : undefined });
  }
  return all;
}

function isTime(value: unknown): value is string {
  return typeof value === "string" && !value.startsWith(NEVER) && !Number.isNaN(Date.parse(value));
}
