import { describe, expect, it } from "vitest";
import { ranged, toggled, toggledAll } from "../src/pages/containers/selection";

const shown = [5, 3, 9, 1];
const of = (...pks: number[]) => new Set(pks);

describe("a selection", () => {
  it("takes a row in and out, and leaves the one before as it was", () => {
    const before = of(3);
    expect(toggled(before, 9)).toEqual(of(3, 9));
    expect(toggled(before, 3)).toEqual(of());
    expect(before).toEqual(of(3));
  });

  it("takes a range in the order that is shown, both ways", () => {
    expect(ranged(of(), shown, 3, 1)).toEqual(of(3, 9, 1));
    expect(ranged(of(5), shown, 1, 9)).toEqual(of(5, 9, 1));
  });

  it("takes one row when its range began at nothing that is shown", () => {
    expect(ranged(of(), shown, 77, 9)).toEqual(of(9));
    expect(ranged(of(), shown, undefined, 9)).toEqual(of(9));
  });

  it("takes all that are shown, and gives them back but keeps the others", () => {
    expect(toggledAll(of(3, 77), shown)).toEqual(of(3, 77, 5, 9, 1));
    expect(toggledAll(of(5, 3, 9, 1, 77), shown)).toEqual(of(77));
    expect(toggledAll(of(), [])).toEqual(of());
  });
});
