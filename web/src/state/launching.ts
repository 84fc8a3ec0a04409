/** Launches of what the Agent has already: with other settings, or once more after a failure. */

import { api, unwrap } from "../api/client";
import type { Container, CreateBody } from "../api/types";
import { start, tried } from "./actions";
import { href, route } from "./route.svelte";

/** Launches that somebody here began: when such a one is ready, its app is what they came for. */
export const begunHere = new Set<string>();

/** What a launch may change of a container. */
export type Changes = Partial<Pick<Container, "params" | "envs" | "limits" | "labels">>;

/** Another launch of a container's release. Values that the Agent masked stay what they are. */
export function relaunch(it: Container, changes: Changes = {}, signal?: AbortSignal) {
  const { plugin_release, model, params, envs, limits, labels, metadata, live } = it;
  const body = { plugin_release, model, params, envs, limits, labels, metadata, live, ...changes, on_existing: "reuse" };
  return unwrap(
    api.POST("/containers", {
      // The document says of these objects only that they are some.
      body: body as CreateBody,
      params: { header: { Prefer: "respond-async" } },
      signal,
    }),
  );
}

/** Launches it once more, and goes with it. Says why not when that is refused. */
export function launchAgain(it: Container): Promise<boolean> {
  const launched = async () => {
    const { build_id } = await relaunch(it);
    begunHere.add(build_id);
    route.go(href("launch", build_id));
  };
  return tried(launched());
}

/** Brings an app up: what was stopped is started, what failed is launched again. Says why not when that is refused. */
export function begin(it: Container): Promise<boolean> {
  return it.status === "failed" ? launchAgain(it) : tried(start(it));
}
