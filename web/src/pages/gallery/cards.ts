/** What a card of the gallery says, from the records. */

import type { Container, Launch, Release } from "../../api/types";
import { partsOf } from "../../ui/release";
import { canStart, isMoving, isOpenable } from "../../ui/status";

/** Made once: it takes longer to make than to sort a hundred cards by it. */
const order = new Intl.Collator(undefined, { numeric: true });

export interface CardFacts {
  container: Container;
  title: string;
  code: string;
  version: string;
  category: string;
  description: string;
  /** How long its newest finished launch took, in milliseconds. */
  startMillis: number | undefined;
}

export type Group = "ready" | "moving" | "still" | "failed";

export interface Choice {
  search: string;
  category: string;
  state: Group | "";
  label: string;
}

export function groupOf(container: Container): Group {
  if (container.status === "failed") return "failed";
  if (isMoving(container.status)) return "moving";
  return isOpenable(container) ? "ready" : "still";
}

/** Whether a click on its card starts it: it stands still, and no visit wakes it. */
export function startsOnTheWay(container: Container): boolean {
  return groupOf(container) === "still" && canStart(container);
}

/** Cards in the order of their titles; a release's containers by their models. */
export function cardsOf(
  containers: ReadonlyMap<number, Container>,
  releases: ReadonlyMap<string, Release>,
  launches: ReadonlyMap<string, Launch>,
): CardFacts[] {
  const times = startTimes(launches);
  const cards = [...containers.values()].map((container) => {
    const release = releases.get(container.plugin_release);
    const { code, version } = partsOf(container.plugin_release);
    return {
      container,
      title: release?.name || code,
      code,
      version,
      category: release?.category ?? "",
      description: release?.description ?? "",
      startMillis: times.get(container.pk),
    };
  });
  const keyed = cards.map((card) => ({ card, key: `${card.title}\n${card.version}\n${card.container.model ?? ""}` }));
  return keyed.sort((a, b) => order.compare(a.key, b.key)).map(({ card }) => card);
}

export function chosen(cards: CardFacts[], choice: Choice): CardFacts[] {
  const wanted = choice.search.trim().toLowerCase();
  return cards.filter(
    (card) =>
      (choice.category === "" || card.category === choice.category) &&
      (choice.state === "" || groupOf(card.container) === choice.state) &&
      (choice.label === "" || card.container.labels.includes(choice.label)) &&
      (wanted === "" || textOf(card).includes(wanted)),
  );
}

function textOf(card: CardFacts): string {
  const { container } = card;
  return [card.title, container.plugin_release, container.name, card.category, card.description, ...container.labels]
    .join("\n")
    .toLowerCase();
}

function startTimes(launches: ReadonlyMap<string, Launch>): Map<number, number> {
  const newest = new Map<number, Launch>();
  for (const launch of launches.values()) {
    if (launch.status !== "completed" || !launch.finished_at) continue;
    const before = newest.get(launch.container_pk);
    if (!before || launch.created_at > before.created_at) newest.set(launch.container_pk, launch);
  }
  return new Map(
    [...newest].map(([pk, launch]) => [pk, Date.parse(launch.finished_at ?? "") - Date.parse(launch.created_at)]),
  );
}
