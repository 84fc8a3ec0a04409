/** Failures in the language of whoever reads. */

import type { Failure } from "../api/types";
import { settings } from "../state/settings.svelte";

export function words(failure: Failure): { message: string; hint?: string | null } {
  return settings.language === "ko" && failure.ko ? failure.ko : failure;
}

export function sentence(failure: Failure): string {
  return words(failure).message;
}
