/** How states look. */

import type { Container, ContainerStatus, LaunchStatus } from "../api/types";

/** What a pill can show: states of containers, of launches, and sleep. */
export type Shown = ContainerStatus | LaunchStatus | "asleep";

type Tone = "success" | "info" | "warning" | "danger" | "neutral";
type Icon = "done" | "moving" | "warning" | "failed" | "still" | "asleep" | "going";

const LOOKS: Record<Shown, [Tone, Icon]> = {
  requested: ["info", "moving"],
  queued: ["info", "moving"],
  building: ["info", "moving"],
  starting: ["info", "moving"],
  running: ["success", "done"],
  completed: ["success", "done"],
  unhealthy: ["warning", "warning"],
  failed: ["danger", "failed"],
  cancelled: ["neutral", "still"],
  stopped: ["neutral", "still"],
  paused: ["neutral", "asleep"],
  asleep: ["neutral", "asleep"],
  deleting: ["neutral", "going"],
  deleted: ["neutral", "going"],
};

export function look(state: Shown): { tone: Tone; icon: Icon } {
  const [tone, icon] = LOOKS[state] ?? ["neutral", "still"];
  return { tone, icon };
}

/** What people are told of a container: who sleeps is not stopped. */
export function shownState(container: Container): Shown {
  return container.asleep ? "asleep" : container.status;
}

/** Whether it is on its way to something. */
export function isMoving(status: ContainerStatus): boolean {
  return status === "requested" || status === "building" || status === "starting" || status === "deleting";
}

/** Whether its app can be opened now: it answers, or a visit wakes it. */
export function isOpenable(container: Container): boolean {
  return container.status === "running" || container.status === "unhealthy" || container.asleep != null;
}

export function canStart(container: Container): boolean {
  return container.asleep != null || ["stopped", "failed", "paused"].includes(container.status);
}

export function canStop(container: Container): boolean {
  return container.status !== "deleting" && (isOpenable(container) || isMoving(container.status) || container.status === "paused");
}

/** What runs can begin anew; what sleeps wakes by a start. */
export function canRestart(container: Container): boolean {
  return container.status === "running" || container.status === "unhealthy";
}
