import { describe, expect, it } from "vitest";
import { levels, rates, summed, timesOf, withGaps } from "../src/pages/containers/charts";
import { sample } from "./given";

const received = (...totals: [number, number][]) => totals.map(([second, received_bytes]) => sample(second, { received_bytes }));

describe("curves", () => {
  it("are the values of samples, with a hole where there is none", () => {
    const samples = [sample(0, { memory_limit_bytes: 5 }), sample(2)];
    expect(levels(samples, (it) => it.memory_limit_bytes)).toEqual([5, null]);
    expect(timesOf(samples)[1]! - timesOf(samples)[0]!).toBe(2);
  });

  it("of a total are what it grew by in a second", () => {
    expect(rates(received([0, 100], [2, 300], [12, 300]), (it) => it.received_bytes)).toEqual([null, 100, 0]);
  });

  it("know nothing of a total that began anew, of a long absence, or of no time at all", () => {
    expect(rates(received([0, 900], [10, 50]), (it) => it.received_bytes)).toEqual([null, null]);
    expect(rates(received([0, 0], [300, 900]), (it) => it.received_bytes)).toEqual([null, null]);
    expect(rates(received([0, 0], [0, 900]), (it) => it.received_bytes)).toEqual([null, null]);
  });

  it("are not joined over a long absence", () => {
    expect(withGaps([0, 10, 300], [[1, 2, 3]])).toEqual([[0, 10, 11, 300], [[1, 2, null, 3]]]);
  });

  it("come to the newest value and the highest", () => {
    expect(summed([null, 4, 9, 2, null])).toEqual({ now: 2, peak: 9 });
    expect(summed([null])).toBeUndefined();
  });
});
