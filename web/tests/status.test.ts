import { describe, expect, it } from "vitest";
import type { ContainerStatus } from "../src/api/types";
import { canRestart, canStart, canStop, isOpenable, shownState } from "../src/ui/status";
import { container } from "./given";

const ALL: ContainerStatus[] = [
  "requested", "building", "starting", "running", "unhealthy", "paused", "stopped", "failed", "deleting", "deleted",
];
const which = (can: (it: ReturnType<typeof container>) => boolean) => ALL.filter((status) => can(container({ status })));

describe("what can be done to a container", () => {
  it("depends on its state", () => {
    expect(which(canStart)).toEqual(["paused", "stopped", "failed"]);
    expect(which(canStop)).toEqual(["requested", "building", "starting", "running", "unhealthy", "paused"]);
    expect(which(canRestart)).toEqual(["running", "unhealthy"]);
    expect(which(isOpenable)).toEqual(["running", "unhealthy"]);
  });

  it("is to wake it, open it or send it off for good while it sleeps", () => {
    const asleep = container({ status: "stopped", asleep: "stopped" });
    expect([canStart, canStop, isOpenable, canRestart].map((can) => can(asleep))).toEqual([true, true, true, false]);
    expect(shownState(asleep)).toBe("asleep");
  });
});
