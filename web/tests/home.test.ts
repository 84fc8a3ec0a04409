import { flushSync, mount, unmount, type Component } from "svelte";
import { afterEach, describe, expect, it } from "vitest";
import Gallery from "../src/pages/gallery/Gallery.svelte";
import Nav from "../src/shell/Nav.svelte";
import { live } from "../src/state/live.svelte";
import { launch } from "./given";

let shown: object;
const open = (it: Component) => {
  shown = mount(it, { target: document.body });
  flushSync();
};
afterEach(async () => {
  await unmount(shown);
  live.close();
});

describe("the gallery", () => {
  it("says that the Agent is away where it never answered", () => {
    open(Gallery);
    expect(document.querySelector("[aria-busy]")).not.toBeNull();
    live.connection = "lost";
    flushSync();
    expect(document.querySelector("[aria-busy]")).toBeNull();
    expect(document.body.textContent).toContain("The Agent does not answer");
  });
});

describe("the navigation", () => {
  it("tells screen readers what its number counts", () => {
    live.launches = new Map([["l-1", launch({ status: "building" })]]);
    open(Nav);
    const heard = document.querySelector("a[href='#/builds']")!.cloneNode(true) as Element;
    for (const unheard of heard.querySelectorAll("[aria-hidden]")) unheard.remove();
    expect(heard.textContent.replace(/\s+/g, " ").trim()).toBe("Builds 1 build under way");
  });
});
