import { flushSync, mount, unmount, type Component } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import CleanUp from "../src/pages/system/CleanUp.svelte";
import Tokens from "../src/pages/system/Tokens.svelte";
import { notices } from "../src/state/notices.svelte";

const answers = vi.hoisted(() => ({ GET: vi.fn(), POST: vi.fn() }));
vi.mock("../src/api/client", async (original) => ({ ...(await original<object>()), api: answers }));
const answered = (data: unknown) => Promise.resolve({ data, response: { ok: true, status: 200 } });
const refused = (code: string) => Promise.resolve({ error: { code, detail: "no" }, response: { ok: false, status: 500 } });

let shown: object;
const open = (it: Component) => {
  shown = mount(it, { target: document.body });
  flushSync();
};
const button = (name: string) => [...document.querySelectorAll("button")].find((it) => it.textContent.includes(name))!;
const says = (text: string) => vi.waitFor(() => expect(document.body.textContent).toContain(text));

beforeEach(() => vi.resetAllMocks());
afterEach(async () => {
  await unmount(shown);
  for (const { id } of notices.list) notices.close(id);
});

describe("tokens", () => {
  const token = { id: 1, label: "ci", is_own: false, created_at: "2026-11-01T00:00:00Z", expires_at: "2026-12-01T12:00:00Z" };

  it("are on their way, then refused, then asked for again, then there with their end", async () => {
    answers.GET.mockReturnValueOnce(refused("internal")).mockReturnValueOnce(answered({ results: [token] }));
    open(Tokens);
    expect(document.body.textContent).toContain("Loading");
    await says("internal");
    button("Try again").click();
    await says("works until Dec 1, 2026");
  });

  it("are made one at a time, with no longer labels than the Agent takes", async () => {
    answers.GET.mockReturnValue(answered({ results: [] }));
    answers.POST.mockReturnValue(new Promise(() => undefined));
    open(Tokens);
    const input = document.querySelector("input")!;
    expect(input.maxLength).toBe(100);
    input.value = "for ci";
    input.dispatchEvent(new Event("input"));
    flushSync();
    for (let click = 0; click < 2; click += 1) {
      button("Make a token").click();
      flushSync();
    }
    button("Make a login link").click();
    expect(answers.POST).toHaveBeenCalledTimes(1);
  });
});

describe("a clean-up", () => {
  const item = (name: string, kept: string | null = null) => ({ kind: "image", name, reason: "unused", bytes: 1024, kept });

  it("tells what stayed after all, and why", async () => {
    answers.POST.mockReturnValueOnce(answered({ dry_run: true, bytes: 2048, items: [item("a"), item("b")] }));
    answers.POST.mockReturnValueOnce(answered({ dry_run: false, bytes: 1024, items: [item("a"), item("b", "it is used")] }));
    open(CleanUp);
    button("What would go?").click();
    await says("nothing refers to it");
    button("Remove 2").click();
    flushSync();
    button("Delete").click();
    await says("stays: it is used");
    expect(document.querySelectorAll("tbody tr")).toHaveLength(1);
    expect(notices.list).toHaveLength(1);
    expect(button("Remove 2")).toBeUndefined();
  });
});
