import { flushSync, mount, unmount } from "svelte";
import { expect, it, vi } from "vitest";
import { notices } from "../src/state/notices.svelte";
import Copy from "../src/ui/Copy.svelte";

it("says so when the browser lets nothing be copied", async () => {
  vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("denied"));
  document.execCommand = () => false;
  const button = mount(Copy, { target: document.body, props: { text: "x", what: "Link" } });
  flushSync();
  document.querySelector("button")!.click();
  await vi.waitFor(() => expect(notices.list.map(({ tone }) => tone)).toEqual(["refused"]));
  await unmount(button);
});
