import { describe, expect, it } from "vitest";
import { bodyOf, EMPTY, fieldsOf, formOf, LIMIT_NAMES, looksSecret, wrongIn, type Fields } from "../src/pages/launch/settings";
import { container } from "./given";

type Filled = Partial<Omit<Fields, "limits"> & Fields["limits"]>;
const isLimit = (name: string) => (LIMIT_NAMES as string[]).includes(name);
/** What was filled in, limits among it by their names. */
const filled = (its: Filled): Fields => {
  const parts = (wanted: boolean) => Object.fromEntries(Object.entries(its).filter(([name]) => isLimit(name) === wanted));
  return { ...EMPTY, ...parts(false), limits: { ...EMPTY.limits, ...parts(true) } };
};

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
      memory_bytes: "512",
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

  it("gives a limit that was only looked at to the byte as it was", () => {
    const its = container({ limits: { ...container().limits, memory_bytes: 300_000_001, cpus: 2 } });
    const fields = fieldsOf(its);
    expect(fields.limits.memory_bytes).toBe("286.1");
    fields.limits.cpus = "1";
    expect(bodyOf(fields, its.limits).limits).toEqual({ ...its.limits, cpus: 1 });
  });

  it.each([
    [{ model: "-1" }, "model"],
    [{ model: "1.5" }, "model"],
    [{ params: "[1]" }, "params"],
    [{ params: "{" }, "params"],
    [{ params: "null" }, "params"],
    [{ memory_bytes: "255" }, "memory_bytes"],
    [{ memory_bytes: "much" }, "memory_bytes"],
    [{ pids: "15" }, "pids"],
    [{ open_files: "Infinity" }, "open_files"],
    [{ cpus: "0" }, "cpus"],
  ] as [Filled, string][])("knows what is wrong with %j", (its, name) => {
    expect(wrongIn(filled(its))).toEqual({ [name]: true });
  });

  it("finds nothing wrong with nothing, and with the least memory", () => {
    expect(wrongIn(EMPTY)).toEqual({});
    expect(wrongIn(filled({ memory_bytes: "256" }))).toEqual({});
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
