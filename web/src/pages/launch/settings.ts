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
  limits: Record<LimitName, string>;
}

export type LimitName = keyof Limits;
export type Wrong = Partial<Record<"model" | "params" | LimitName, true>>;

const MIB = 1024 * 1024;

/** A limit as people write it: how much of the API's unit one of theirs is, and the least that the Agent takes. */
export interface LimitForm {
  unit: number;
  least: number;
  /** Whether the API takes whole numbers only. */
  isWhole: boolean;
  /** What the Agent gives when nothing is said. */
  usual: string;
}

export const LIMITS: Record<LimitName, LimitForm> = {
  memory_bytes: { unit: MIB, least: 256, isWhole: true, usual: "2048" },
  cpus: { unit: 1, least: 0.1, isWhole: false, usual: "2" },
  disk_bytes: { unit: MIB, least: 1, isWhole: true, usual: "2048" },
  shm_bytes: { unit: MIB, least: 1, isWhole: true, usual: "64" },
  pids: { unit: 1, least: 16, isWhole: true, usual: "512" },
  open_files: { unit: 1, least: 64, isWhole: true, usual: "4096" },
};

export const LIMIT_NAMES = Object.keys(LIMITS) as LimitName[];

const limitsOf = (text: (name: LimitName) => string) =>
  Object.fromEntries(LIMIT_NAMES.map((name) => [name, text(name)])) as Record<LimitName, string>;

export const EMPTY: Fields = { model: "", params: "", envs: [], labels: "", limits: limitsOf(() => "") };

/** What a container has now. Masked values stay as they are unless somebody writes over them. */
export function fieldsOf(container: Container): Fields {
  const params = container.params as Record<string, unknown>;
  return {
    model: container.model == null ? "" : String(container.model),
    params: Object.keys(params).length === 0 ? "" : JSON.stringify(params, null, 2),
    envs: Object.entries(container.envs).map(([name, value]) => ({ name, value })),
    labels: container.labels.join(", "),
    limits: limitsOf((name) => shown(container.limits[name], LIMITS[name])),
  };
}

export function wrongIn(fields: Fields): Wrong {
  const wrong: Wrong = {};
  if (fields.model.trim() !== "" && !/^\d+$/.test(fields.model.trim())) wrong.model = true;
  if (paramsOf(fields) === undefined) wrong.params = true;
  for (const name of LIMIT_NAMES) if (!isLimit(fields.limits[name], LIMITS[name])) wrong[name] = true;
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
  const chosen: Partial<Limits> = {};
  for (const name of LIMIT_NAMES) {
    const { unit, isWhole } = LIMITS[name];
    const value = Number(fields.limits[name]) * unit;
    if (isChanged(fields.limits[name], limits?.[name], LIMITS[name])) chosen[name] = isWhole ? Math.round(value) : value;
  }
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

const shown = (value: number | undefined, { unit }: LimitForm) =>
  value === undefined ? "" : String(Math.round((value / unit) * 100) / 100);

function isLimit(text: string, { least }: LimitForm): boolean {
  return text.trim() === "" || (Number(text) >= least && Number.isFinite(Number(text)));
}

/** What was only looked at stays to the byte what it is. */
function isChanged(text: string, before: number | undefined, form: LimitForm): boolean {
  return text.trim() !== "" && text.trim() !== shown(before, form);
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
