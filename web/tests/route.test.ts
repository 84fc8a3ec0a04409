import { describe, expect, it } from "vitest";
import { href, route } from "../src/state/route.svelte";

describe("a place", () => {
  it("is there as soon as somebody goes to it, and stays the same one when the browser tells of it", () => {
    route.go(href("play", "iris"));
    const place = route.place;
    expect([place.page, place.subject]).toEqual(["play", "iris"]);
    window.dispatchEvent(new Event("hashchange"));
    expect(route.place).toBe(place);
  });

  it("is another one where only its subject is", () => {
    route.go(href("launch", "a"));
    const place = route.place;
    route.replace(href("launch", "b"));
    expect(route.place).not.toBe(place);
  });
});
