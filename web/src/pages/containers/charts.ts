/** What a container used, as curves. */

import type { StatsSample } from "../../api/types";

/** Seconds since 1970, as the chart counts. */
export type Times = number[];
export type Values = (number | null)[];

/** Samples further apart, in seconds, are not joined by a line: nobody looked in between. */
const GAP = 45;

export function timesOf(samples: readonly StatsSample[]): Times {
  return samples.map((sample) => Date.parse(sample.at) / 1000);
}

/** A value of each sample. */
export function levels(samples: readonly StatsSample[], value: (sample: StatsSample) => number | null | undefined): Values {
  return samples.map((sample) => value(sample) ?? null);
}

/** How fast a total grows, per second. Nothing is known at the first, after a gap, or where it began anew. */
export function rates(samples: readonly StatsSample[], total: (sample: StatsSample) => number): Values {
  return samples.map((sample, at) => {
    const before = samples[at - 1];
    if (!before) return null;
    const seconds = (Date.parse(sample.at) - Date.parse(before.at)) / 1000;
    const grown = total(sample) - total(before);
    return seconds <= 0 || seconds > GAP || grown < 0 ? null : grown / seconds;
  });
}

/** The same with an empty place wherever nobody looked for long. */
export function withGaps(times: Times, curves: Values[]): [Times, Values[]] {
  const outTimes: Times = [];
  const outCurves: Values[] = curves.map(() => []);
  times.forEach((time, at) => {
    const before = times[at - 1];
    if (before !== undefined && time - before > GAP) {
      outTimes.push(before + 1);
      for (const curve of outCurves) curve.push(null);
    }
    outTimes.push(time);
    curves.forEach((curve, which) => outCurves[which]?.push(curve[at] ?? null));
  });
  return [outTimes, outCurves];
}

/** The newest value and the highest; undefined where there is none. */
export function summed(values: Values): { now: number; peak: number } | undefined {
  const known = values.filter((value) => value !== null);
  const now = known.at(-1);
  return now === undefined ? undefined : { now, peak: Math.max(...known) };
}
