/** Why something was refused, in the language of whoever reads. */

import type { Refusal } from "../api/refusal";
import { t } from "../i18n";
import { settings } from "../state/settings.svelte";

export interface Said {
  detail: string;
  hint?: string;
  /** The API's own words beside ours, which name what is at fault. */
  original?: string;
}

export function said(refusal: Refusal): Said {
  const { code, detail, hint, ko } = refusal;
  if (settings.language !== "ko") return { detail: t().refusals[code] ?? detail, hint: t().hints[code] ?? hint };
  if (ko) return { detail: ko.message, hint: ko.hint ?? undefined };
  const own = t().refusals[code];
  // A hint in another language is better than none where the code is not known here.
  if (own === undefined) return { detail, hint };
  return { detail: own, hint: t().hints[code], original: refusal.status === 0 ? undefined : detail };
}
