/** The stages of a launch, from what its record says. */

import type { Launch } from "../../api/types";

export type StageName = "checked" | "building" | "starting" | "ready";
export type StageState = "waiting" | "active" | "done" | "failed" | "cancelled";

export interface Stage {
  name: StageName;
  state: StageState;
}

const ORDER: StageName[] = ["checked", "building", "starting", "ready"];

/** Where it stands: what is before is done, what is behind waits. */
export function stagesOf(launch: Launch): Stage[] {
  const at = ORDER.indexOf(current(launch));
  return ORDER.map((name, index) => ({ name, state: stateAt(index, at, launch) }));
}

function stateAt(index: number, at: number, launch: Launch): StageState {
  if (launch.status === "completed" || index < at) return "done";
  if (index > at) return "waiting";
  if (launch.status === "failed") return "failed";
  return launch.status === "cancelled" ? "cancelled" : "active";
}

function current(launch: Launch): StageName {
  switch (launch.status) {
    case "queued":
    case "building":
      return "building";
    case "starting":
      return "starting";
    case "completed":
      return "ready";
    default:
      // It ended before its time: at its build, unless that was done or was not needed.
      return launch.image_build && launch.image_build.status !== "completed" ? "building" : "starting";
  }
}
