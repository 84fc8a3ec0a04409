import { describe, expect, it } from "vitest";
import { merged } from "../src/state/live.svelte";
import { Log } from "../src/state/log.svelte";
import { Topics } from "../src/state/topics";
import { sample } from "./given";

const seconds = (samples: readonly { at: string }[]) => samples.map(({ at }) => new Date(at).getUTCSeconds());

describe("samples", () => {
  it("that come again are kept once", () => {
    expect(seconds(merged([sample(0), sample(2)], [sample(2), sample(4)]))).toEqual([0, 2, 4]);
  });

  it("of another beginning take the place of what was kept", () => {
    expect(seconds(merged([sample(10), sample(20)], [sample(2), sample(12), sample(22)]))).toEqual([2, 12, 22]);
  });

  it("stay when nothing new comes", () => {
    expect(seconds(merged([sample(1)], []))).toEqual([1]);
  });

  it("are no more than ten minutes of one every two seconds", () => {
    const many = Array.from({ length: 400 }, (_, at) => sample(at * 2));
    const kept = merged([], many);
    expect(kept).toHaveLength(300);
    expect(kept.at(-1)).toBe(many.at(-1));
  });
});

describe("topics", () => {
  it("are asked for as long as somebody looks", () => {
    let changes = 0;
    const topics = new Topics(() => (changes += 1));
    const first = topics.watchStats("7");
    const second = topics.watchStats("7");
    first();
    expect(topics.query(5).toString()).toBe("stats=7");
    second();
    expect(topics.query(5).toString()).toBe("");
    expect(changes).toBe(4);
  });

  it("give two readers of a log the same one, and a later reader a new one", () => {
    const topics = new Topics(() => undefined);
    const [a, leaveA] = topics.readLog("container:1");
    const [b, leaveB] = topics.readLog("container:1");
    expect(b).toBe(a);
    leaveA();
    expect(topics.logOf("container:1")).toBe(a);
    leaveB();
    expect(topics.logOf("container:1")).toBeUndefined();
    expect(topics.readLog("container:1")[0]).not.toBe(a);
  });

  it("say how much history only where a log is asked for", () => {
    const topics = new Topics(() => undefined);
    topics.watchStats("all");
    expect(topics.query(5).get("tail")).toBeNull();
    topics.readLog("build:x");
    expect(topics.query(5).toString()).toBe("log=build%3Ax&stats=all&tail=5");
  });
});

describe("a log", () => {
  it("has no colours and cursor movements of terminals", () => {
    const log = new Log();
    log.push([{ text: "\x1b[31mred\x1b[0m \x1b]8;;http://evil\x07link\x1b]8;;\x07\x1b[2K" }, { text: "plain" }]);
    expect(log.text()).toBe("red link\nplain\n");
  });

  it("lets the oldest lines go, counts them, and keeps the newest", () => {
    const log = new Log();
    const some = Array.from({ length: 50_000 }, () => ({ text: "x" }));
    for (let piece = 0; piece < 4; piece += 1) log.push(some);
    expect(log.dropped).toBe(0);
    log.push([{ text: "last" }]);
    expect(log.lines.length + log.dropped).toBe(200_001);
    expect(log.dropped).toBeGreaterThan(0);
    expect(log.lines.at(-1)?.text).toBe("last");
  });

  it("that goes on has not ended", () => {
    const log = new Log();
    log.ended = "stopped";
    log.push([{ text: "again" }]);
    expect(log.ended).toBeUndefined();
  });
});
