/** An upload that says how far it is. `fetch` cannot: this is what `XMLHttpRequest` is still for. */

import { base } from "./client";
import { forgetKey, keyHeaders, keyIn } from "./key";
import { Refusal, refusalOf } from "./refusal";
import type { paths } from "./schema";
import type { Created } from "./types";

const ROUTE = "/containers" satisfies keyof paths;

export interface Progress {
  sent: number;
  total: number;
}

/** Creates a container from a form. Aborting the signal takes the upload back; the Agent keeps nothing of it. */
export function createContainer(
  form: FormData,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Created> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${base}${ROUTE}`);
    const key = keyHeaders();
    for (const [name, value] of Object.entries(key)) request.setRequestHeader(name, value);
    request.setRequestHeader("Prefer", "respond-async");
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress({ sent: event.loaded, total: event.total });
    request.onload = () => {
      const { status } = request;
      if (status >= 200 && status < 300) resolve(request.response as Created);
      else reject(refusalOf(status, request.response));
      if (status === 401) forgetKey(keyIn(key));
    };
    request.onerror = () => reject(Refusal.unheard(undefined));
    request.onabort = () => reject(new Refusal(0, "cancelled", "The upload was cancelled."));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}
