/** What can be done to a container. Each is one call of the API; the stream of events then shows what became of it. */

import { api, unwrap } from "../api/client";
import type { Container } from "../api/types";
import { notices } from "./notices.svelte";

type Target = Pick<Container, "pk">;

const path = (it: Target) => ({ params: { path: { id: String(it.pk) } } });

export const start = (it: Target) => unwrap(api.PATCH("/containers/{id}", { ...path(it), body: { status: "running" } }));

export const stop = (it: Target) => unwrap(api.PATCH("/containers/{id}", { ...path(it), body: { status: "stopped" } }));

export const restart = (it: Target) => unwrap(api.POST("/containers/{id}/restart", path(it)));

export const remove = (it: Target) => unwrap(api.DELETE("/containers/{id}", path(it)));

export const cancel = (id: string) => unwrap(api.DELETE("/builds/{id}", { params: { path: { id } } }));

export const share = (it: Target, seconds: number) =>
  unwrap(api.POST("/containers/{id}/links", { ...path(it), body: { expires_in: seconds } }));

export const setVisibility = (it: Target, visibility: Container["visibility"]) =>
  unwrap(api.PATCH("/containers/{id}", { ...path(it), body: { visibility } }));

/** Does it, and says why not when it is refused. True when it was done. */
export async function tried(doing: Promise<unknown>): Promise<boolean> {
  try {
    await doing;
    return true;
  } catch (error) {
    notices.refused(error);
    return false;
  }
}
