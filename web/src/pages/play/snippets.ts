/** Programs that use an app, written out. What an app says of itself is data in them: it is quoted, whatever it holds. */

import type { AppEndpoint, AppParameter } from "../../api/types";

export function python(address: string, endpoint: AppEndpoint): string {
  const inputs = endpoint.parameters.map((parameter) => {
    const value = pythonValue(parameter);
    return isName(parameter.name) ? `    ${parameter.name}=${value},` : `    ${value},`;
  });
  const usesFile = endpoint.parameters.some(isFile);
  return [
    "# pip install gradio_client",
    `from gradio_client import Client${usesFile ? ", handle_file" : ""}`,
    "",
    `client = Client(${text(address)})`,
    "result = client.predict(",
    ...inputs,
    `    api_name=${text(endpoint.name)},`,
    ")",
    "print(result)",
    "",
  ].join("\n");
}

/** `prefix` is where the app's API is below its address: newer Gradio has `/gradio_api`, older nothing. */
export function curl(address: string, prefix: string, endpoint: AppEndpoint): string {
  const root = `${address.replace(/\/$/, "")}${prefix}`;
  const data = shell(JSON.stringify({ data: endpoint.parameters.map((parameter) => parameter.example ?? null) }));
  const json = "-H 'Content-Type: application/json'";
  if (endpoint.style === "run") {
    return [`curl -s -X POST ${shell(`${root}/run${endpoint.name}`)} \\`, `  ${json} \\`, `  -d ${data}`, ""].join("\n");
  }
  return [
    `event=$(curl -s -X POST ${shell(`${root}/call${endpoint.name}`)} \\`,
    `  ${json} \\`,
    `  -d ${data} | sed 's/.*"event_id": *"\\([^"]*\\)".*/\\1/')`,
    `curl -s -N ${shell(`${root}/call${endpoint.name}/`)}"$event"`,
    "",
  ].join("\n");
}

function isFile(parameter: AppParameter): boolean {
  return typeof fileOf(parameter.example) === "string";
}

/** Gradio gives a file as an object with a path or an address. */
function fileOf(example: unknown): string | undefined {
  if (typeof example !== "object" || example === null || !("meta" in example)) return undefined;
  const { url, path } = example as { url?: unknown; path?: unknown };
  return [url, path].find((it): it is string => typeof it === "string");
}

function pythonValue(parameter: AppParameter): string {
  const file = fileOf(parameter.example);
  return file === undefined ? literal(parameter.example ?? null) : `handle_file(${text(file)})`;
}

/** A value of JSON as Python writes it. */
export function literal(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  const pairs = Object.entries(value as object).map(([key, it]) => `${text(key)}: ${literal(it)}`);
  return `{${pairs.join(", ")}}`;
}

/** Python and JSON write texts alike, but for two characters that end a line in neither and a half pair in one. */
function text(value: string): string {
  return JSON.stringify(value.toWellFormed()).replace(/[\u2028\u2029\u007f]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function isName(name: string | null | undefined): name is string {
  return name != null && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !KEYWORDS.has(name);
}

const KEYWORDS = new Set(
  ("False None True and as assert async await break class continue def del elif else except finally for from global if import in is " +
    "lambda nonlocal not or pass raise return try while with yield api_name").split(" "),
);

/** One word to a shell, whatever it holds. */
export function shell(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
