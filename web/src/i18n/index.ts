/** Every word of the page, in both languages. `ko` has the type of `en`: what one of them lacks does not compile. */

import { settings } from "../state/settings.svelte";
import { en } from "./en";
import { ko } from "./ko";

export type Catalogue = typeof en;

const catalogues: Record<"en" | "ko", Catalogue> = { en, ko };

/** The words of the language that was chosen; whoever uses them in a template changes with it. */
export function t(): Catalogue {
  return catalogues[settings.language];
}
