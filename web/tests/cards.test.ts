import { describe, expect, it } from "vitest";
import { cardsOf, chosen, groupOf, startsOnTheWay, type Choice } from "../src/pages/gallery/cards";
import { container, launch, release } from "./given";

const any: Choice = { search: "", category: "", state: "", label: "" };
const of = (...all: ReturnType<typeof container>[]) => new Map(all.map((it) => [it.pk, it]));
const releases = new Map([["iris@1.0.0", release({ category: "vision", description: "Tells irises apart." })]]);
const cards = cardsOf(
  of(
    container({ pk: 1, model: 10 }),
    container({ pk: 2, model: 9, status: "failed" }),
    container({ pk: 3, plugin_release: "abc@2.0.0", name: "abc", status: "building", labels: ["demo"] }),
  ),
  releases,
  new Map(),
);
const found = (choice: Partial<Choice>) => chosen(cards, { ...any, ...choice }).map((card) => card.container.pk);

describe("cards", () => {
  it("are in the order of their titles, models as numbers", () => {
    expect(cards.map((card) => card.container.pk)).toEqual([3, 2, 1]);
  });

  it("have the title of their release, or its code where that is not known", () => {
    expect(cards.map((card) => card.title)).toEqual(["abc", "Iris", "Iris"]);
  });

  it("are chosen by text, category, label and state", () => {
    expect(found({ search: "APART" })).toEqual([2, 1]);
    expect(found({ category: "vision" })).toEqual([2, 1]);
    expect(found({ label: "demo" })).toEqual([3]);
    expect(found({ state: "failed" })).toEqual([2]);
    expect(found({ search: "iris", state: "moving" })).toEqual([]);
  });

  it("are ready when a visit wakes them", () => {
    expect(groupOf(container({ status: "stopped", asleep: "stopped" }))).toBe("ready");
    expect(groupOf(container({ status: "stopped" }))).toBe("still");
  });

  it("start what stands still, and leave to a visit what that wakes", () => {
    const all = ["running", "building", "paused", "stopped", "failed", "deleting"] as const;
    expect(all.filter((status) => startsOnTheWay(container({ status })))).toEqual(["paused", "stopped"]);
    expect(startsOnTheWay(container({ status: "paused", asleep: "paused" }))).toBe(false);
  });

  it("say how long the newest launch that came to its end took", () => {
    const launches = [
      launch({ id: "old" }),
      launch({ id: "new", created_at: "2026-11-02T00:00:00Z", finished_at: "2026-11-02T00:00:05Z" }),
      launch({ id: "failed", status: "failed", created_at: "2026-11-03T00:00:00Z", finished_at: "2026-11-03T00:09:00Z" }),
    ];
    const [card] = cardsOf(of(container()), releases, new Map(launches.map((it) => [it.id, it])));
    expect(card?.startMillis).toBe(5000);
  });
});
