import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { belonging } from "../src/pages/launch/belongs";
import { BEGINNINGS, ENDINGS, isWanted, NAMES } from "../src/pages/launch/names";
import { pack } from "../src/pages/launch/pack";
import { unzipSync } from "fflate";

describe("what of a folder belongs into its archive", () => {
  it("is what the command line packs", () => {
    const rust = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../../crates/playground-cli/src/pack/names.rs"), "utf8");
    const listed = (name: string) => {
      const list = new RegExp(`const ${name}: &\\[&str\\] = &\\[([^\\]]*)\\]`).exec(rust)?.[1] ?? "";
      return [...list.matchAll(/"([^"]*)"/g)].map(([, it]) => it);
    };
    expect({ NAMES, BEGINNINGS, ENDINGS }).toEqual({
      NAMES: listed("NAMES"),
      BEGINNINGS: listed("BEGINNINGS"),
      ENDINGS: listed("ENDINGS"),
    });
    expect(["#a.py#", "#", "#notes.md"].map(isWanted)).toEqual([false, true, true]);
  });

  it("leaves out what belongs to the author's machine, at any depth", () => {
    const paths = [
      "config.yaml", "plugin/gradio_interface.py", ".env", ".git/HEAD", "plugin/__pycache__/a.pyc", "plugin/.#a.py", "plugin/a.py~",
      ".venv/bin/python", "node_modules/x/index.js", "weights/model.bin",
    ];
    expect(belonging(paths, [])).toEqual(["config.yaml", "plugin/gradio_interface.py", "weights/model.bin"]);
  });

  it("leaves out what the author's rules name, each below its own folder", () => {
    const paths = ["config.yaml", "out/a.png", "plugin/out.py", "plugin/secret.txt", "secret.txt", "plugin/keep/b.tmp", "c.tmp"];
    const rules = [
      { folder: "", lines: "/out/\n*.tmp\n" },
      { folder: "plugin/", lines: "secret.txt\n" },
    ];
    expect(belonging(paths, rules)).toEqual(["config.yaml", "plugin/out.py", "secret.txt"]);
  });
});

describe("an archive made piece by piece", () => {
  it("holds what it was given, large files as they are", async () => {
    const large = new Uint8Array(9 * 1024 * 1024).fill(7);
    const shares: number[] = [];
    const zip = await pack(
      [
        { path: "config.yaml", file: new File(["code: a\n"], "config.yaml") },
        { path: "weights/model.bin", file: new File([large], "model.bin") },
        { path: "empty.py", file: new File([], "empty.py") },
      ],
      (share) => shares.push(share),
    );
    const files = unzipSync(new Uint8Array(await zip.arrayBuffer()));
    expect(Object.keys(files)).toEqual(["config.yaml", "weights/model.bin", "empty.py"]);
    expect(new TextDecoder().decode(files["config.yaml"])).toBe("code: a\n");
    // Byte by byte, without a list of nine million differences in hand.
    expect(Buffer.from(files["weights/model.bin"]!).equals(large)).toBe(true);
    expect(zip.size).toBeGreaterThan(large.length);
    expect(shares.at(-1)).toBe(100);
  });

  it("is the same for the same content", async () => {
    const once = () => pack([{ path: "a", file: new File(["a"], "a", { lastModified: Math.random() * 1e12 }) }], () => undefined);
    const [first, second] = await Promise.all([once(), once()]);
    expect(await first.text()).toBe(await second.text());
  });
});
