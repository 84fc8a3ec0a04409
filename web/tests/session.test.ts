import { describe, expect, it, vi } from "vitest";
import { session } from "../src/state/session.svelte";

/** Questions that wait for their answers, in their order. */
const waiting: ((answer: unknown) => void)[] = [];
vi.mock("../src/api/client", () => ({ api: { GET: () => new Promise((resolve) => waiting.push(resolve)) } }));
const yes = { data: { login_required: true }, response: { ok: true } };
const no = { response: { ok: false } };

describe("who is here", () => {
  it("is what the newest answer says, whichever comes last", async () => {
    const [first, second] = [session.ask(), session.ask()];
    waiting[1]!(no);
    await second;
    waiting[0]!(yes);
    await first;
    expect(session.presence).toBe("out");
  });

  it("is not unknown because an older question was never answered", async () => {
    const [first, second] = [session.ask(), session.ask()];
    waiting[3]!(yes);
    await second;
    waiting[2]!(Promise.reject(new TypeError("Failed to fetch")));
    await first;
    expect(session.presence).toBe("in");
  });
});
