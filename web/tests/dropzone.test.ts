import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import Dropzone from "../src/pages/launch/Dropzone.svelte";

const given = vi.fn();
let zone: object;

beforeEach(() => {
  given.mockClear();
  zone = mount(Dropzone, { target: document.body, props: { ongiven: given } });
  flushSync();
});

afterEach(() => unmount(zone));

function dropped(at: Element, name: string): Event {
  const file = new File(["zip"], name);
  const item = { kind: "file", getAsFile: () => file, webkitGetAsEntry: () => ({ isDirectory: false }) };
  const event = Object.assign(new Event("drop", { bubbles: true, cancelable: true }), { dataTransfer: { items: [item] } });
  at.dispatchEvent(event);
  flushSync();
  return event;
}

const group = () => document.querySelector("[role=group]")!;

describe("the drop zone", () => {
  it("takes an archive that is dropped on it", () => {
    dropped(group(), "a.zip");
    expect(given.mock.calls.map(([it]) => it.name)).toEqual(["a.zip"]);
  });

  it("keeps the page where it is when something is dropped beside it", () => {
    expect(dropped(document.body, "a.zip").defaultPrevented).toBe(true);
    expect(given).not.toHaveBeenCalled();
  });

  it("takes nothing else while it packs a folder", async () => {
    const file = Object.assign(new File(["code: a"], "config.yaml"));
    Object.defineProperty(file, "webkitRelativePath", { value: "folder/config.yaml" });
    const input = document.querySelector<HTMLInputElement>("input[webkitdirectory]")!;
    Object.defineProperty(input, "files", { value: [file] });
    input.dispatchEvent(new Event("change", { bubbles: true }));
    flushSync();
    dropped(group(), "a.zip");
    await vi.waitFor(() => expect(given).toHaveBeenCalled());
    expect(given.mock.calls.map(([it]) => it.name)).toEqual(["folder.zip"]);
  });
});
