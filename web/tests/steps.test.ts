import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { purposeOf } from "../src/pages/launch/steps";

describe("the purpose of a build's step", () => {
  it.each([
    ["[internal] load remote build context", "context"],
    ["copy /context /", "context"],
    ["[internal] load metadata for docker.io/library/base:latest", "base"],
    ["[1/6] FROM docker.io/library/base:latest", "base"],
    ["exporting to image", "save"],
    ["[5/7] COPY --chown=65532:65532 app/ /app/", "code"],
  ])("%s is %s", (step, purpose) => expect(purposeOf(step)).toBe(purpose));

  it("is known for every step of the Dockerfiles that are made", () => {
    const folder = "../crates/playground-plugin/src/recipe/snapshots/";
    for (const recipe of ["buildkit_wheels", "buildkit_source", "classic", "satisfied"]) {
      const text = readFileSync(`${folder}playground_plugin__recipe__tests__${recipe}.snap`, "utf8").replaceAll("\\\n", " ");
      const steps = text.split("\n").filter((line) => /^(FROM|RUN|COPY|WORKDIR) /.test(line));
      expect(steps.length).toBeGreaterThan(4);
      for (const step of steps) expect(purposeOf(`[2/9] ${step}`), step).toBeDefined();
    }
  });

  it("is not made up for what is foreign", () => expect(purposeOf("something else")).toBeUndefined());
});
