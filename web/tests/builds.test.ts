import { flushSync, mount, unmount } from "svelte";
import { afterEach, describe, expect, it } from "vitest";
import Builds from "../src/pages/builds/Builds.svelte";
import { pushedOut, TOLD } from "../src/state/launches";
import { live } from "../src/state/live.svelte";
import { placeOf } from "../src/state/route.svelte";
import { launch } from "./given";

/** Launches of which the stream tells: the newest of so many. */
const told = (count: number) => {
  const name = (at: number) => `l-${String(at).padStart(3, "0")}`;
  const numbers = Array.from({ length: count }, (_, at) => at).slice(-TOLD);
  return new Map(numbers.map((at) => [name(at), launch({ id: name(at), plugin_release: `${name(at)}@1` })]));
};

describe("what is pushed out of the stream", () => {
  it("is what it told of before newer ones came", () => {
    expect(pushedOut(told(TOLD), told(TOLD + 2)).map(({ id }) => id)).toEqual(["l-000", "l-001"]);
    expect(pushedOut(told(TOLD), told(TOLD))).toEqual([]);
  });

  it("is nothing where the Agent forgot", () => {
    expect(pushedOut(told(3), new Map([...told(3)].slice(1)))).toEqual([]);
  });
});

describe("the page of builds", () => {
  let page: object | undefined;

  afterEach(() => {
    if (page) void unmount(page);
    live.close();
  });

  function open(count: number) {
    live.isLoaded = true;
    live.launches = told(count);
    page = mount(Builds, { target: document.body, props: { place: placeOf("#/builds") } });
    flushSync();
  }

  function hears(count: number): number {
    live.launches = told(count);
    flushSync();
    return document.querySelectorAll("tbody tr").length;
  }

  it("keeps what newer ones push out, or there would be a hole before what is older", () => {
    open(TOLD);
    expect(hears(TOLD + 5)).toBe(TOLD + 5);
    expect(document.body.textContent).toContain("l-000@1");
  });

  it("begins anew where all that it knew was pushed out", () => {
    open(TOLD);
    hears(TOLD + 5);
    expect(hears(3 * TOLD)).toBe(TOLD);
  });
});
