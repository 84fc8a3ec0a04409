import { describe, expect, it } from "vitest";
import { happenedTo } from "../src/pages/containers/happened";
import { container, launch } from "./given";

const failure = { kind: "exited_early", message: "It exited.", ko: { message: "" } } as const;
const kinds = (...given: Parameters<typeof happenedTo>) => happenedTo(...given).map(({ kind }) => kind);

describe("what happened to a container", () => {
  it("is told with the newest first", () => {
    const its = container({ last_visit_at: "2026-11-02T00:00:00Z", last_health_check_at: "2026-11-03T00:00:00Z" });
    expect(kinds(its, [launch()])).toEqual(["answered", "visited", "launched", "made"]);
  });

  it("has its own launches only", () => {
    expect(kinds(container(), [launch({ container_pk: 2 })])).toEqual(["made"]);
  });

  it("has the outcome of each launch, and why it failed", () => {
    const all = happenedTo(container(), [
      launch({ id: "a", status: "failed", error: "No such package.", finished_at: "2026-11-01T00:01:00Z" }),
      launch({ id: "b", status: "cancelled", finished_at: "2026-11-01T00:02:00Z" }),
      launch({ id: "c", status: "building", created_at: "2026-11-01T00:03:00Z", finished_at: null }),
    ]);
    expect(all.map(({ kind, detail }) => [kind, detail])).toEqual([
      ["launching", undefined],
      ["launch_cancelled", undefined],
      ["launch_failed", "No such package."],
      ["made", undefined],
    ]);
  });

  it("has a failure once: as its last launch told it, or else by itself", () => {
    const failed = container({ status: "failed", failure, updated_at: "2026-11-05T00:00:00Z" });
    expect(kinds(failed, [launch({ status: "failed" })])).not.toContain("failed");
    const before = launch({ id: "a", status: "failed", created_at: "2026-10-01T00:00:00Z" });
    expect(kinds(failed, [before, launch({ id: "b" })])[0]).toBe("failed");
  });

  it("has what the last health check missed", () => {
    const its = container({ last_health_check_at: "2026-11-03T00:00:00Z", last_health_error: "No answer." });
    expect(happenedTo(its, [])[0]).toMatchObject({ kind: "missed", detail: "No answer." });
  });

  it("has its process from Docker, and no end of one that never ended", () => {
    const State = { StartedAt: "2026-11-04T00:00:00Z", FinishedAt: "0001-01-01T00:00:00Z", ExitCode: 0 };
    expect(kinds(container(), [], { State })).toEqual(["process_began", "made"]);
    const ended = happenedTo(container(), [], { State: { ...State, FinishedAt: "2026-11-05T00:00:00Z", ExitCode: 137 } });
    expect(ended[0]).toMatchObject({ kind: "process_ended", code: 137 });
    expect(kinds(container(), [], { State: "gone" })).toEqual(["made"]);
  });
});
