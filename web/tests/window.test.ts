import { describe, expect, it } from "vitest";
import { positionsOf, scrolledTo, windowOf } from "../src/pages/containers/window";

const view = (its: object) => ({ top: 0, height: 360, row: 36, count: 1000, ...its });

describe("the window of a long list", () => {
  it("holds what is seen and a few rows around it", () => {
    expect(windowOf(view({}))).toEqual([0, 18]);
    expect(windowOf(view({ top: 3600 }))).toEqual([92, 118]);
  });

  it("holds rows of which only a part is seen", () => {
    expect(windowOf(view({ top: 3590 }))).toEqual([91, 118]);
  });

  it("ends where the rows end", () => {
    expect(windowOf(view({ top: 36_000 - 360 }))).toEqual([982, 1000]);
    expect(windowOf(view({ count: 3 }))).toEqual([0, 3]);
    expect(windowOf(view({ count: 0 }))).toEqual([0, 0]);
  });

  it("holds rows when the list became shorter than where it was scrolled to", () => {
    const [first, end] = windowOf(view({ top: 30_000, count: 20 }));
    expect([first, end]).toEqual([12, 20]);
  });

  it("holds nothing wrong when a browser scrolls beyond the top", () => {
    expect(windowOf(view({ top: -50 }))).toEqual([0, 18]);
  });

  it("keeps the row that has the focus, in its place", () => {
    expect(positionsOf(view({ top: 3600 }), 2).slice(0, 2)).toEqual([2, 92]);
    expect(positionsOf(view({}), 500).at(-1)).toBe(500);
    expect(positionsOf(view({}), 5)).toHaveLength(18);
    expect(positionsOf(view({ count: 3 }), 7)).toEqual([0, 1, 2]);
  });

  it("scrolls no further than a row needs", () => {
    expect(scrolledTo(3, view({ top: 36 }))).toBe(36);
    expect(scrolledTo(0, view({ top: 36 }))).toBe(0);
    expect(scrolledTo(10, view({}))).toBe(36);
  });
});
