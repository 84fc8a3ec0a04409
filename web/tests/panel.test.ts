import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Health } from "../src/api/types";
import Overview from "../src/pages/containers/Overview.svelte";
import Panel from "../src/pages/containers/Panel.svelte";
import { live } from "../src/state/live.svelte";
import { container } from "./given";

const GET = vi.hoisted(() => vi.fn());
vi.mock("../src/api/client", async (original) => ({ ...(await original<object>()), api: { GET } }));
const docker = (attrs: unknown) => Promise.resolve({ data: { attrs }, response: { ok: true, status: 200 } });
const says = (text: string) => vi.waitFor(() => expect(document.body.textContent).toContain(text));

let shown: object;
beforeEach(() => vi.resetAllMocks());
afterEach(async () => {
  await unmount(shown);
  live.close();
});

describe("Docker's view of a container", () => {
  function open() {
    const nothing = () => undefined;
    const props = { handle: "1", container: container({ id: "abc" }), onclose: nothing, onremoved: nothing };
    shown = mount(Panel, { target: document.body, props });
    flushSync();
    document.querySelector<HTMLElement>("[data-tab=docker]")!.click();
    flushSync();
  }

  it("is missing while Docker does not answer, and there once it does", async () => {
    GET.mockReturnValueOnce(docker(null)).mockReturnValueOnce(docker({ HostConfig: {} }));
    open();
    expect(document.body.textContent).toContain("Loading");
    await says("Docker does not answer");
    live.health = { docker: { available: true } } as Health;
    flushSync();
    await says("HostConfig");
  });
});

describe("the overview of a container", () => {
  it("has a name for every fact", () => {
    const its = container({ consecutive_failures: 2, last_health_error: "no answer" });
    shown = mount(Overview, { target: document.body, props: { container: its } });
    flushSync();
    expect(document.body.textContent).toContain("2 checks missed in a row: no answer");
    expect([...document.querySelectorAll("dt")].map((it) => it.textContent)).not.toContain("");
  });
});
