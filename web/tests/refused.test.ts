import { afterEach, describe, expect, it } from "vitest";
import { Refusal, refusalOf } from "../src/api/refusal";
import { settings } from "../src/state/settings.svelte";
import { said } from "../src/ui/refused";

afterEach(() => settings.speak("en"));

describe("a refusal", () => {
  const body = { detail: "config.yaml is missing", code: "manifest_missing", hint: "Add it.", ko: { message: "config.yaml이 없습니다.", hint: "넣으세요." } };

  it("is told in the API's words, in the language of whoever reads", () => {
    const refusal = refusalOf(400, body);
    expect(said(refusal)).toEqual({ detail: body.detail, hint: body.hint });
    settings.speak("ko");
    expect(said(refusal)).toEqual({ detail: body.ko.message, hint: body.ko.hint });
  });

  it("has Korean of our own where the API has none, with what the API named beside it", () => {
    settings.speak("ko");
    const told = said(refusalOf(409, { detail: "web@1 is used by brave_turing", code: "plugin_release_in_use", hint: "Delete its containers first." }));
    expect(told).toEqual({ detail: "컨테이너가 쓰고 있는 릴리스입니다.", hint: "먼저 그 컨테이너를 삭제하세요.", original: "web@1 is used by brave_turing" });
  });

  it("is told as it came where nothing is known of its code", () => {
    settings.speak("ko");
    expect(said(new Refusal(400, "brand_new", "so it is", "do that"))).toEqual({ detail: "so it is", hint: "do that" });
  });
});
