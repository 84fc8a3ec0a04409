import { flushSync, mount, unmount } from "svelte";
import { afterEach, describe, expect, it } from "vitest";
import { Refusal } from "../src/api/refusal";
import { give, take } from "../src/pages/launch/given";
import Prepare from "../src/pages/launch/Prepare.svelte";
import { sending } from "../src/pages/launch/sending.svelte";
import { EMPTY } from "../src/pages/launch/settings";
import { notices } from "../src/state/notices.svelte";

const archive = (name: string) => ({ name, blob: new Blob(["zip"]) });
let shown: object | undefined;

/** Opens the page before a launch, and gives what it says. */
function open(): string {
  shown = mount(Prepare, { target: document.body });
  flushSync();
  return document.body.textContent;
}

afterEach(() => {
  if (shown) void unmount(shown);
  sending.draft = undefined;
});

describe("the page before a launch", () => {
  it("shows what was given", () => {
    give({ archive: archive("given.zip"), isGo: false });
    expect(open()).toContain("given.zip");
  });

  it("forgets what was said of an archive with the archive", () => {
    give({ archive: archive("wrong.zip"), isGo: false });
    open();
    sending.refusal = new Refusal(400, "manifest_missing", "config.yaml is missing");
    flushSync();
    expect(document.body.textContent).toContain("config.yaml is missing");
    [...document.querySelectorAll("button")].find((it) => it.textContent === "Another one")!.click();
    flushSync();
    expect(document.body.textContent).toContain("Drop a plugin here");
    expect(sending.refusal).toBeUndefined();
  });

  it("says that it takes nothing while another launch is sent, and does not take it later", () => {
    sending.draft = { archive: archive("first.zip"), fields: EMPTY };
    give({ archive: archive("second.zip"), isGo: true });
    expect(open()).toContain("first.zip");
    expect(notices.list.map(({ text }) => text)).toEqual(["Another launch is still being sent: wait, or cancel it."]);
    expect(take()).toBeUndefined();
  });
});
