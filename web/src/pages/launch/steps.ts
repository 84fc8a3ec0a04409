/** What the steps of our builds are for, by their names in the engine. Their text is the Dockerfile's, which people never wrote. */

export type Purpose = "context" | "base" | "prepare" | "install" | "launcher" | "code" | "compile" | "finish" | "save";

/** The first one that fits. */
const SIGNS: [RegExp, Purpose][] = [
  [/^exporting|writing image|naming to/, "save"],
  [/install\.sh|--from=install|synapse-build|synapse-removed/, "install"],
  [/load remote build context|^copy \/context|load build/i, "context"],
  [/load metadata|\bFROM\b/, "base"],
  [/command -v python/, "prepare"],
  [/\.synapse\/image/, "launcher"],
  [/ app\/ \/app/, "code"],
  [/compileall/, "compile"],
  [/WORKDIR|USER|ENV|EXPOSE|CMD|LABEL/, "finish"],
];

export function purposeOf(step: string): Purpose | undefined {
  return SIGNS.find(([sign]) => sign.test(step))?.[1];
}
