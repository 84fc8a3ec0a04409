import { describe, expect, it } from "vitest";
import { entriesOf, pruned } from "../src/pages/containers/tree";

const attrs = { Id: "abc", State: { Status: "running", Pid: 12 }, Env: ["PATH=/bin", "LANG=C"], Empty: null };

describe("attributes", () => {
  it("are cut down to values that have the text, with the way to them", () => {
    expect(pruned(attrs, "RUNN")).toEqual({ State: { Status: "running" } });
    expect(pruned(attrs, "path")).toEqual({ Env: ["PATH=/bin"] });
    expect(pruned(attrs, "12")).toEqual({ State: { Pid: 12 } });
  });

  it("are whole below a name that has it", () => {
    expect(pruned(attrs, "state")).toEqual({ State: { Status: "running", Pid: 12 } });
  });

  it("are all there when nothing is looked for, and gone when nothing is found", () => {
    expect(pruned(attrs, " ")).toBe(attrs);
    expect(pruned(attrs, "nowhere")).toBeUndefined();
  });

  it("have names that mean something to a program, and mean nothing here", () => {
    const hostile = JSON.parse('{"__proto__": {"isAdmin": true}}');
    const found = pruned(hostile, "admin") as object;
    expect(Object.keys(found)).toEqual(["__proto__"]);
    expect("isAdmin" in found).toBe(false);
  });

  it("have entries where they hold something", () => {
    expect(entriesOf(["a"])).toEqual([["0", "a"]]);
    expect(entriesOf(null)).toBeUndefined();
    expect(entriesOf(3)).toBeUndefined();
  });
});
