/** Why something was not done, in the API's words: a sentence, a stable code, a hint. */

import type { Translation } from "./types";

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly hint?: string,
    readonly requestId?: string,
    readonly ko?: Translation,
  ) {
    super(detail);
  }

  /** Nothing came back. */
  static unheard(cause: unknown): Refusal {
    if (cause instanceof Refusal) return cause;
    return new Refusal(0, "unreachable", "The Agent does not answer.");
  }
}

/** An answer's body as a refusal, whatever stands in front of the Agent made of it. */
export function refusalOf(status: number, body: unknown): Refusal {
  const text = (name: string): string | undefined => {
    const value = (body as Record<string, unknown> | null | undefined)?.[name];
    return typeof value === "string" ? value : undefined;
  };
  const isObject = typeof body === "object" && body !== null;
  return new Refusal(
    status,
    (isObject && text("code")) || "unknown",
    (isObject && text("detail")) || `The Agent answered with status ${status}.`,
    isObject ? text("hint") : undefined,
    isObject ? text("request_id") : undefined,
    isObject ? ((body as { ko?: Translation }).ko ?? undefined) : undefined,
  );
}
