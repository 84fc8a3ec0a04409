import { afterEach, describe, expect, it } from "vitest";
import { bytes, clockTime, duration, number, since, span } from "../src/i18n/format";
import { settings } from "../src/state/settings.svelte";

const now = Date.parse("2026-11-01T12:00:00Z");
const ago = (seconds: number) => since(new Date(now - seconds * 1000).toISOString(), now);
afterEach(() => settings.speak("en"));

describe("numbers", () => {
  it("of bytes go by 1024, with no more digits than can be read", () => {
    settings.speak("en");
    expect([0, 1023, 1024, 1536, 200 * 1024 ** 2, 3 * 1024 ** 4, 5000 * 1024 ** 4].map(bytes)).toEqual([
      "0 B", "1,023 B", "1 KiB", "1.5 KiB", "200 MiB", "3 TiB", "5,000 TiB",
    ]);
  });

  it("have as many digits as were asked for", () => {
    settings.speak("en");
    expect([number(1234.5), number(1.25, 1), number(2, 2)]).toEqual(["1,235", "1.3", "2.00"]);
  });
});

describe("times", () => {
  it("that something took are told in their own units", () => {
    settings.speak("en");
    const times = [340, 2400, 42_000, 185_000, 600_000, 5_400_000, 7 * 86_400_000];
    expect(times.map(duration)).toEqual(["340 ms", "2.4 s", "42 s", "3 min 5 s", "10 min", "1 h 30 min", "7 d"]);
    settings.speak("ko");
    expect([340, 2400, 185_000, 90_000_000].map(duration)).toEqual(["0.34초", "2.4초", "3분 5초", "1일 1시간"]);
  });

  it("are so long ago, in the language that was chosen, at once", () => {
    settings.speak("en");
    expect([ago(2), ago(61), ago(7300), ago(-3700)]).toEqual(["now", "1 min. ago", "2 hr. ago", "in 1 hr."]);
    settings.speak("ko");
    expect(ago(61)).toBe("1분 전");
  });

  it("that are ages are short", () => {
    settings.speak("en");
    expect([span(-3), span(59), span(3600), span(200_000)]).toEqual(["0s", "59s", "1h", "2d"]);
    settings.speak("ko");
    expect(span(200_000)).toBe("2일");
  });

  it("of the day have two digits each", () => {
    expect(clockTime("2026-11-01T01:02:03")).toBe("01:02:03");
  });
});
