import { describe, expect, it } from "vitest";
import type { BuildStep, Launch } from "../src/api/types";
import { cachedShare, isOnItsWay, newestFirst, rowsOf, took } from "../src/state/launches";
import { stagesOf } from "../src/pages/launch/stages";
import { launch } from "./given";

const build = (status: string, ...cached: boolean[]) =>
  ({ status, steps: cached.map((cached, at) => ({ name: `step ${at}`, cached })) }) as Launch["image_build"];
const states = (its: Partial<Launch>) => stagesOf(launch(its)).map(({ state }) => state).join(" ");

describe("the stages of a launch", () => {
  it.each([
    [{ status: "queued" }, "done active waiting waiting"],
    [{ status: "building" }, "done active waiting waiting"],
    [{ status: "starting" }, "done done active waiting"],
    [{ status: "completed" }, "done done done done"],
    [{ status: "failed", image_build: build("failed") }, "done failed waiting waiting"],
    [{ status: "failed", image_build: build("completed") }, "done done failed waiting"],
    [{ status: "failed" }, "done done failed waiting"],
    [{ status: "cancelled", image_build: build("cancelled") }, "done cancelled waiting waiting"],
  ] as [Partial<Launch>, string][])("of %j are %s", (its, expected) => {
    expect(states(its)).toBe(expected);
  });

  it("took the time until the end, or until now", () => {
    const created = Date.parse("2026-11-01T00:00:00Z");
    expect(took(launch(), created + 99_000)).toBe(40_000);
    expect(took(launch({ finished_at: null }), created + 99_000)).toBe(99_000);
    expect(took(launch({ finished_at: null }), created - 5)).toBe(0);
  });
});

describe("the history of launches", () => {
  it("begins with the newest", () => {
    const [a, b] = [launch({ id: "a" }), launch({ id: "b", created_at: "2026-11-02T00:00:00Z" })];
    expect(newestFirst([a, b]).map(({ id }) => id)).toEqual(["b", "a"]);
  });

  it("knows what is on its way", () => {
    const all = ["queued", "building", "starting", "completed", "failed", "cancelled"] as const;
    expect(all.filter((status) => isOnItsWay(launch({ status })))).toEqual(["queued", "building", "starting"]);
  });

  it("says how much came from the cache, and nothing where nothing was built", () => {
    expect(cachedShare(launch({ image_build: build("completed", true, false, true) }))).toEqual({ cached: 2, steps: 3 });
    expect(cachedShare(launch())).toBeUndefined();
  });
});

describe("the steps of a build, as people are told of them", () => {
  const step = (purpose: string | null, its: Partial<BuildStep> = {}) =>
    ({ name: `RUN ${purpose}`, purpose, cached: false, duration_ms: 10, ...its }) as BuildStep;
  const told = (...steps: BuildStep[]) => rowsOf(steps).map(({ purpose, cached, duration_ms }) => [purpose, cached, duration_ms]);

  it("are one for each thing, with the time of all that it took", () => {
    expect(told(step("context"), step("context", { duration_ms: 5 }), step("base", { cached: true, duration_ms: 1 }), step("base", { cached: true }))).toEqual([
      ["context", false, 15],
      ["base", true, 11],
    ]);
  });

  it("are not over before the last of them is", () => {
    expect(told(step("install"), step("install", { duration_ms: undefined }))).toEqual([["install", false, undefined]]);
  });

  it("stay apart where nothing is known of them, and where one failed", () => {
    expect(told(step(null), step(null))).toHaveLength(2);
    expect(told(step("install", { error: "no" }), step("install"))).toHaveLength(2);
  });
});
