/** Records for tests, with only what a test is about said by it. */

import type { Container, Launch, Release, StatsSample } from "../src/api/types";

export function container(its: Partial<Container> = {}): Container {
  return {
    pk: 1,
    name: "iris-1-0-0",
    status: "running",
    plugin_release: "iris@1.0.0",
    image: "synapse/iris:1.0.0",
    labels: [],
    metadata: {},
    params: {},
    envs: {},
    limits: { memory_bytes: 2 * 1024 ** 3, cpus: 2 },
    kind: "plugin_runtime",
    created_at: "2026-11-01T00:00:00Z",
    updated_at: "2026-11-01T00:00:00Z",
    ...its,
  } as Container;
}

export function launch(its: Partial<Launch> = {}): Launch {
  return {
    id: "l-1",
    build_id: "l-1",
    status: "completed",
    plugin_release: "iris@1.0.0",
    container_pk: 1,
    created_at: "2026-11-01T00:00:00Z",
    finished_at: "2026-11-01T00:00:40Z",
    ...its,
  } as Launch;
}

export function release(its: Partial<Release> = {}): Release {
  return {
    id: 1,
    plugin_release: "iris@1.0.0",
    code: "iris",
    plugin: "iris",
    version: "1.0.0",
    name: "Iris",
    entrypoint: "plugin/gradio_interface.py",
    checksum: "",
    size_bytes: 1,
    created_at: "2026-11-01T00:00:00Z",
    updated_at: "2026-11-01T00:00:00Z",
    ...its,
  } as Release;
}

/** A sample that was taken so many seconds after noon. */
export function sample(second: number, its: Partial<StatsSample> = {}): StatsSample {
  return {
    at: new Date(Date.parse("2026-11-01T12:00:00Z") + second * 1000).toISOString(),
    cpu_percent: 0,
    memory_bytes: 0,
    memory_limit_bytes: null,
    received_bytes: 0,
    sent_bytes: 0,
    read_bytes: 0,
    written_bytes: 0,
    processes: 1,
    gpus: [],
    ...its,
  };
}
