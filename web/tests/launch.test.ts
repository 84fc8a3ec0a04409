import { flushSync, mount, unmount } from "svelte";
import { afterEach, describe, expect, it } from "vitest";
import Launch from "../src/pages/launch/Launch.svelte";
import { sending } from "../src/pages/launch/sending.svelte";
import { EMPTY } from "../src/pages/launch/settings";
import { live } from "../src/state/live.svelte";
import { placeOf } from "../src/state/route.svelte";
import { container } from "./given";

let page: object;

function heading(hash: string): string | undefined {
  live.isLoaded = true;
  live.containers = new Map([[7, container({ pk: 7 })]]);
  page = mount(Launch, { target: document.body, props: { place: placeOf(hash) } });
  flushSync();
  return document.querySelector("h1")?.textContent;
}

afterEach(async () => {
  await unmount(page);
  live.close();
  sending.draft = undefined;
});

describe("the heading of a launch", () => {
  const archive = { name: "a.zip", blob: new Blob() };

  it("says whether something is changed or new", () => {
    expect(heading("#/launch?from=7")).toBe("Change and relaunch");
  });

  it("is that of what is on its way", () => {
    sending.draft = { archive, fields: EMPTY };
    expect(heading("#/launch?from=7")).toBe("Launch");
  });

  it("is that of a change that is on its way", () => {
    sending.draft = { changed: container(), fields: EMPTY };
    expect(heading("#/launch")).toBe("Change and relaunch");
  });

  it("is that of what is on its way though what was asked for is gone", () => {
    sending.draft = { archive, fields: EMPTY };
    expect(heading("#/launch?from=8")).toBe("Launch");
  });
});
