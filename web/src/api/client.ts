/** The Agent's API, typed by its own OpenAPI document: a route that the document lacks does not compile. */

import createClient, { type Middleware } from "openapi-fetch";

import { forgetKey, keyHeaders, keyIn } from "./key";
import { Refusal, refusalOf } from "./refusal";
import type { paths } from "./schema";

/** Where the page is: below a prefix, when a server in front puts it there. */
export const base = new URL(".", document.baseURI).pathname.replace(/\/$/, "");

const session: Middleware = {
  onRequest({ request }) {
    for (const [name, value] of Object.entries(keyHeaders())) request.headers.set(name, value);
    return request;
  },
  onResponse({ request, response }) {
    // A login that is refused says nothing of the session that there is.
    const isLogin = request.method === "POST" && new URL(request.url).pathname === `${base}/session`;
    if (response.status === 401 && !isLogin) forgetKey(keyIn(Object.fromEntries(request.headers)));
  },
};

export const api = createClient<paths>({ baseUrl: base });
api.use(session);

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** What an answer carries; what was refused, or never arrived, is thrown as a {@link Refusal}. */
export async function unwrap<Data>(asked: Promise<Answer<Data>>): Promise<Data> {
  let answer: Answer<Data>;
  try {
    answer = await asked;
  } catch (error) {
    throw Refusal.unheard(error);
  }
  if (!answer.response.ok) throw refusalOf(answer.response.status, answer.error);
  return answer.data as Data;
}
