import { beforeEach, describe, expect, it, vi } from "vitest";
import { forgetKey, keepKey, keyHeaders, keyIn, onKeyChange } from "../src/api/key";

beforeEach(() => localStorage.clear());

describe("the page's half of its session", () => {
  it("is forgotten once, and whoever shows something of it is told", () => {
    const told = vi.fn();
    const stop = onKeyChange(told);
    keepKey("one");
    expect(keyIn(keyHeaders())).toBe("one");
    forgetKey("one");
    forgetKey("one");
    expect(keyIn(keyHeaders())).toBeUndefined();
    expect(told).toHaveBeenCalledTimes(1);
    stop();
  });

  it("stays when what was refused is an older one", () => {
    keepKey("new");
    forgetKey("old");
    forgetKey(undefined);
    expect(keyIn(keyHeaders())).toBe("new");
  });
});
