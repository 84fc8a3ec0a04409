import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventStream } from "../src/api/events";

let stream: EventStream;
/** What the Agent says comes through here. */
let says: ReadableStreamDefaultController<string>;
const asked = vi.fn(async () => {
  const pieces = new ReadableStream<string>({ start: (it) => void (says = it) });
  return { ok: true, status: 200, body: { pipeThrough: () => pieces } };
});
const settled = () => vi.advanceTimersByTimeAsync(0);
/** Time goes on and no timer with it: the machine sleeps. */
const sleep = (seconds: number) => vi.setSystemTime(Date.now() + 1000 * seconds);
const comesBack = () => document.dispatchEvent(new Event("visibilitychange"));

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", asked);
  asked.mockClear();
  stream = new EventStream({ heard: () => undefined, connected: () => undefined });
  stream.open();
  await settled();
});

afterEach(() => {
  stream.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("the stream of events", () => {
  it("is begun anew at once when somebody comes back to a machine that slept", async () => {
    sleep(21);
    comesBack();
    await settled();
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it("stays when somebody comes back and it was heard lately", async () => {
    sleep(15);
    says.enqueue(":\n\n");
    await settled();
    sleep(15);
    comesBack();
    await settled();
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it("is not begun by coming back once it is closed", async () => {
    stream.close();
    sleep(60);
    comesBack();
    await settled();
    expect(asked).toHaveBeenCalledTimes(1);
  });
});
