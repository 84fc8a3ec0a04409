import { describe, expect, it } from "vitest";
import { ko } from "../src/i18n/ko";
import { countsOf, matching, rowsOf, sorted, usageOf, type Column } from "../src/pages/containers/rows";
import { container, sample } from "./given";

const three = new Map(
  [
    container({ pk: 1, plugin_release: "iris@1.10.0", name: "iris-a", host_port: 7862, labels: ["Vision"], created_at: "2026-11-01T00:00:00Z" }),
    container({ pk: 2, plugin_release: "iris@1.9.0", name: "iris-b", status: "failed", model: 4, created_at: "2026-11-03T00:00:00Z" }),
    container({ pk: 3, plugin_release: "ocr@2.0.0", name: "ocr", status: "stopped", asleep: "stopped", host_port: 7860, created_at: "2026-11-02T00:00:00Z" }),
  ].map((it) => [it.pk, it]),
);
const rows = rowsOf(three, ko.states);
const order = (by: Column, isDown = false) => sorted(rows, { by, isDown }, () => undefined).map((row) => row.container.pk);

describe("rows", () => {
  it("say code and version of a release apart, and that who sleeps is not stopped", () => {
    expect(rows.map(({ code, version, state }) => [code, version, state])).toEqual([
      ["iris", "1.10.0", "running"],
      ["iris", "1.9.0", "failed"],
      ["ocr", "2.0.0", "asleep"],
    ]);
  });

  it.each([
    ["a name", "iris-b", [2]],
    ["a label, whatever its case", "vision", [1]],
    ["a state, as the page calls it", "절전", [3]],
    ["a state, as the API calls it", "failed", [2]],
    ["a release", "ocr@2", [3]],
    ["two words in any order", "1.9 iris", [2]],
    ["words of different rows", "ocr iris", []],
    ["nothing but spaces", "  ", [1, 2, 3]],
  ])("are found by %s", (_, search, found) => {
    expect(matching(rows, search).map((row) => row.container.pk)).toEqual(found);
  });

  it("are ordered by versions as numbers", () => {
    expect(order("name")).toEqual([2, 1, 3]);
    expect(order("name", true)).toEqual([3, 1, 2]);
  });

  it("are ordered with what needs somebody first", () => {
    expect(order("state")).toEqual([2, 1, 3]);
  });

  it("have what has no value last, whichever way the order goes", () => {
    expect(order("port")).toEqual([3, 1, 2]);
    expect(order("port", true)).toEqual([1, 3, 2]);
    expect(order("model", true)).toEqual([2, 1, 3]);
  });

  it("are the older the more age they have", () => {
    expect(order("age")).toEqual([2, 3, 1]);
  });

  it("are ordered by what they use, and what has stopped uses nothing", () => {
    const latest = (pk: number) => sample(0, { cpu_percent: pk * 10 });
    expect(sorted(rows, { by: "cpu", isDown: true }, latest).map((row) => row.container.pk)).toEqual([1, 2, 3]);
    expect(usageOf(rows[1]!, latest)).toBeUndefined();
  });

  it("are not changed by being ordered", () => {
    order("name");
    expect(rows.map((row) => row.container.pk)).toEqual([1, 2, 3]);
  });

  it("are counted by state", () => {
    expect(countsOf(rows)).toEqual([["failed", 1], ["running", 1], ["asleep", 1]]);
  });
});
