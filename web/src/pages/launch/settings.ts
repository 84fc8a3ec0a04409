/** What can be said of a launch beside its archive, as a form holds it and as the API takes it. */

import type { Container, Limits } from "../../api/types";

export interface Variable {
  name: string;
  value: string;
}

/** The fields of the form, as texts. */
export interface Fields {
  model: string;
  params: string;
  envs: Variable[];
  labels: string;
  memoryMiB: string;
  cpus: string;
}

export type Wrong = Partial<Record<"model" | "params" | "memoryMiB" | "cpus", true>>;

const MIB = 1024 * 1024;
const LEAST_MEMORY_MIB = 256;

export const EMPTY: Fields = { model: "", params: "", envs: [], labels: "", memoryMiB: "", cpus: "" };

/** What a container has now. Masked values stay as they are unless somebody writes over them. */
export function fieldsOf(container: Container): Fields {
  const params = container.params as Record<string, unknown>;
  return {
    model: container.model == null ? "" : String(container.model),
    params: Object.keys(params).length === 0 ? "" : JSON.stringify(params, null, 2),
    envs: Object.entries(container.envs).map(([name, value]) => ({ name, value })),
    labels: container.labels.join(", "),
    memoryMiB: String(Math.round((container.limits.memory_bytes ?? 0) / MIB)),
    cpus: String(container.limits.cpus ?? ""),
  };
}

export function wrongIn(fields: Fields): Wrong {
  const wrong: Wrong = {};
  if (fields.model.trim() !== "" && !/^\d+$/.test(fields.model.trim())) wrong.model = true;
  if (paramsOf(fields) === undefined) wrong.params = true;
  if (fields.memoryMiB.trim() !== "" && !(Number(fields.memoryMiB) >= LEAST_MEMORY_MIB)) wrong.memoryMiB = true;
  if (fields.cpus.trim() !== "" && !(Number(fields.cpus) > 0)) wrong.cpus = true;
  return wrong;
}

/** The API's names for what was filled in; what was left empty is left to the Agent. */
export function bodyOf(fields: Fields, limits?: Limits): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  if (fields.model.trim() !== "") body.model = Number(fields.model);
  const params = paramsOf(fields);
  if (params && fields.params.trim() !== "") body.params = params;
  const envs = fields.envs.filter(({ name }) => name.trim() !== "");
  if (envs.length > 0) body.envs = Object.fromEntries(envs.map(({ name, value }) => [name.trim(), value]));
  const labels = fields.labels.split(",").map((label) => label.trim()).filter((label) => label !== "");
  if (labels.length > 0) body.labels = labels;
  const chosen: Record<string, number> = {};
  if (fields.memoryMiB.trim() !== "") chosen.memory_bytes = Math.round(Number(fields.memoryMiB) * MIB);
  if (fields.cpus.trim() !== "") chosen.cpus = Number(fields.cpus);
  if (limits || Object.keys(chosen).length > 0) body.limits = { ...limits, ...chosen };
  return body;
}

/** The same as a form with an archive: what is no text is JSON. */
export function formOf(fields: Fields, archive: { name: string; blob: Blob }): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(bodyOf(fields))) {
    if (name === "labels") for (const label of value as string[]) form.append("labels", label);
    else form.append(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  form.append("on_existing", "reuse");
  // Last: what is wrong with the rest is said before a large file was sent.
  form.append("file", archive.blob, archive.name);
  return form;
}

function paramsOf(fields: Fields): Record<string, unknown> | undefined {
  if (fields.params.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(fields.params);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Names whose values are hidden while they are typed, by the same marks as the Agent's. */
export function looksSecret(name: string): boolean {
  return /TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|API_?KEY|ACCESS_KEY|PRIVATE|CREDENTIAL|_(KEY|PAT|PWD|DSN|AUTH)$/i.test(name);
}
