import { describe, expect, it } from "vitest";
import { bodyOf, EMPTY, fieldsOf, formOf, looksSecret, wrongIn, type Fields } from "../src/pages/launch/settings";
import { container } from "./given";

const filled = (its: Partial<Fields>): Fields => ({ ...EMPTY, ...its });

describe("the form of a launch", () => {
  it("leaves to the Agent what was left empty", () => {
    expect(bodyOf(EMPTY)).toEqual({});
    expect(bodyOf(filled({ envs: [{ name: " ", value: "lost" }], labels: " , " }))).toEqual({});
  });

  it("gives what was filled in by the API's names and in its units", () => {
    const fields = filled({
      model: " 7 ",
      params: '{"a": [1]}',
      envs: [{ name: " A ", value: " kept " }],
      labels: "x, y ,",
      memoryMiB: "512",
      cpus: "1.5",
    });
    expect(bodyOf(fields)).toEqual({
      model: 7,
      params: { a: [1] },
      envs: { A: " kept " },
      labels: ["x", "y"],
      limits: { memory_bytes: 512 * 1024 * 1024, cpus: 1.5 },
    });
  });

  it("keeps limits that it has no field for", () => {
    const limits = { ...container().limits, cpus: 2, pids: 64 };
    expect(bodyOf(filled({ cpus: "1" }), limits).limits).toEqual({ ...limits, cpus: 1 });
  });

  it.each([
    [{ model: "-1" }, "model"],
    [{ model: "1.5" }, "model"],
    [{ params: "[1]" }, "params"],
    [{ params: "{" }, "params"],
    [{ params: "null" }, "params"],
    [{ memoryMiB: "255" }, "memoryMiB"],
    [{ memoryMiB: "much" }, "memoryMiB"],
    [{ cpus: "0" }, "cpus"],
  ])("knows what is wrong with %j", (its, name) => {
    expect(wrongIn(filled(its))).toEqual({ [name]: true });
  });

  it("finds nothing wrong with nothing, and with the least memory", () => {
    expect(wrongIn(EMPTY)).toEqual({});
    expect(wrongIn(filled({ memoryMiB: "256" }))).toEqual({});
  });

  it("shows what a container has so that it comes back as it was", () => {
    const its = container({ params: { key: "********" } as never, envs: { TOKEN: "********" }, labels: ["a", "b"], model: 0 });
    expect(bodyOf(fieldsOf(its), its.limits)).toEqual({
      model: 0,
      params: { key: "********" },
      envs: { TOKEN: "********" },
      labels: ["a", "b"],
      limits: its.limits,
    });
  });

  it("sends the archive behind everything else, and each label by itself", () => {
    const form = formOf(filled({ labels: "a, b", params: "{}" }), { name: "p.zip", blob: new Blob(["zip"]) });
    expect([...form.keys()]).toEqual(["params", "labels", "labels", "on_existing", "file"]);
    expect(form.getAll("labels")).toEqual(["a", "b"]);
    expect(form.get("params")).toBe("{}");
  });

  it("hides values of names that look secret", () => {
    expect(["HF_TOKEN", "api_key", "DB_PASSWORD", "SENTRY_DSN"].filter(looksSecret)).toHaveLength(4);
    expect(["MODEL_DIR", "KEYBOARD", "MONKEY"].filter(looksSecret)).toEqual([]);
  });
});
