/** What is waited for, in the language of whoever reads. */

import type { Waiting } from "../api/types";
import { t } from "../i18n";

export function waitsFor({ code, detail }: Waiting): string {
  return t().waiting[code] ?? detail;
}
