import { describe, expect, it } from "vitest";
import { matchesIn, parts } from "../src/ui/find";

const text = (line: string, wanted: string) => parts(line, wanted).map((part) => (part.isMatch ? `[${part.text}]` : part.text)).join("");

describe("finding in a log", () => {
  it("finds lines whatever their case", () => {
    expect(matchesIn([{ text: "Error" }, { text: "fine" }, { text: "an ERROR" }], "error")).toEqual([0, 2]);
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
