import { describe, expect, it } from "vitest";
import { Refusal } from "../src/api/refusal";
import { toAll } from "../src/state/many";
import { container } from "./given";

const three = [1, 2, 3].map((pk) => container({ pk, name: `c${pk}` }));

describe("the same done to many", () => {
  it("counts by what became of each", async () => {
    const outcome = await toAll(three, async ({ pk }) => {
      if (pk === 1) throw new Refusal(409, "container_being_deleted", "it goes");
      return container({ pk, status: pk === 2 ? "failed" : "running" });
    });
    expect(outcome.done).toBe(1);
    expect(outcome.undone.map(({ container, why }) => [container.name, why?.code])).toEqual([
      ["c1", "container_being_deleted"],
      ["c2", undefined],
    ]);
  });

  it("is done to a few at a time, and to all in the end", async () => {
    let [now, most] = [0, 0];
    const many = Array.from({ length: 20 }, (_, pk) => container({ pk }));
    const outcome = await toAll(many, async (it) => {
      most = Math.max(most, ++now);
      await Promise.resolve();
      now -= 1;
      return it;
    });
    expect([outcome.done, most]).toEqual([20, 4]);
  });
});
