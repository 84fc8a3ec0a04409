import { describe, expect, it } from "vitest";
import { Finder, parts } from "../src/ui/find";

const text = (line: string, wanted: string) => parts(line, wanted).map((part) => (part.isMatch ? `[${part.text}]` : part.text)).join("");

describe("finding in a log", () => {
  const three = [{ text: "Error" }, { text: "fine" }, { text: "an ERROR" }];

  it("finds lines whatever their case", () => {
    expect(new Finder().matches({ lines: three, dropped: 0 }, "error")).toEqual([0, 2]);
  });

  it("looks through each line once while a log grows", () => {
    let looks = 0;
    const line = (text: string) => ({ get text() { looks += 1; return text; } });
    const [finder, lines] = [new Finder(), [line("error"), line("fine")]];
    const first = finder.matches({ lines, dropped: 0 }, "error");
    lines.push(line("an error"));
    expect(finder.matches({ lines, dropped: 0 }, "error")).toEqual([0, 2]);
    expect([first, looks]).toEqual([[0], 3]);
  });

  it("begins anew with another text, and where older lines went", () => {
    const finder = new Finder();
    expect(finder.matches({ lines: three, dropped: 0 }, "fine")).toEqual([1]);
    expect(finder.matches({ lines: three, dropped: 0 }, "error")).toEqual([0, 2]);
    expect(finder.matches({ lines: three.slice(1), dropped: 1 }, "error")).toEqual([1]);
    expect(finder.matches({ lines: three, dropped: 1 }, "")).toEqual([]);
  });

  it("cuts a line at every match, and loses nothing of it", () => {
    expect(text("abcABCab", "ab")).toBe("[ab]c[AB]C[ab]");
    expect(text("aaa", "aa")).toBe("[aa]a");
    expect(text("none", "x")).toBe("none");
  });

  it("marks nothing in a line whose lower case is longer", () => {
    expect(text("İstanbul i", "i")).toBe("İstanbul i");
  });

  it("takes marks of patterns for what they are", () => {
    expect(text("a.b(c", ".b(")).toBe("a[.b(]c");
  });
});
