import { afterEach, describe, expect, it } from "vitest";
import { refusalOf } from "../src/api/refusal";
import { notices } from "../src/state/notices.svelte";
import { settings } from "../src/state/settings.svelte";
import { container } from "./given";

afterEach(() => {
  settings.speak("en");
  for (const { id } of notices.list) notices.close(id);
});

const why = refusalOf(409, { detail: "web@1 is used by brave_turing", code: "plugin_release_in_use", request_id: "r-7" });

describe("a notice", () => {
  it("says in Korean what the API named, and in both languages which request it was", () => {
    notices.refused(why);
    settings.speak("ko");
    notices.refused(why);
    expect(notices.list).toMatchObject([
      { text: "web@1 is used by brave_turing", original: undefined, requestId: "r-7" },
      { text: "컨테이너가 쓰고 있는 릴리스입니다.", original: "web@1 is used by brave_turing", requestId: "r-7" },
    ]);
  });

  it("of many says why the first one was not done", () => {
    settings.speak("ko");
    notices.many({ done: 0, undone: [{ container: container() }, { container: container(), why }] }, String);
    expect(notices.list).toMatchObject([{ hint: "컨테이너가 쓰고 있는 릴리스입니다.", original: "web@1 is used by brave_turing", requestId: "r-7" }]);
  });
});
