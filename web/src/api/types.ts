/** Shorter names for what the API's document defines. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Container = Schemas["Container"];
export type ContainerStatus = Schemas["ContainerStatus"];
export type Failure = Schemas["Failure"];
export type Health = Schemas["Health"];
export type ImageBuild = Schemas["ImageBuild"];
export type BuildStep = Schemas["BuildStep"];
export type Launch = Schemas["Launch"];
export type LaunchStatus = Schemas["LaunchStatus"];
export type Limits = Schemas["Limits"];
export type Release = Schemas["Release"];
export type Traffic = Schemas["Traffic"];
export type Created = Schemas["Created"];
export type Cleanup = Schemas["Cleanup"];
export type AppApi = Schemas["AppApi"];
export type AppEndpoint = Schemas["AppEndpoint"];
export type AppLink = Schemas["AppLink"];
export type AppParameter = Schemas["AppParameter"];

/** What a running container uses, at one moment. */
export interface StatsSample {
  at: string;
  cpu_percent: number;
  memory_bytes: number;
  memory_limit_bytes: number | null;
  received_bytes: number;
  sent_bytes: number;
  read_bytes: number;
  written_bytes: number;
  processes: number;
  gpus: { name: string; utilization_percent: number; memory_bytes: number }[];
}

/** A plugin that comes with the Agent, to try. */
export interface Example {
  name: string;
  title: string;
  description: string;
  description_ko: string;
  plugin_release: string;
  size_bytes: number;
}


/** A token of the API; what it is itself is shown once, when it is made. */
export interface Token {
  id: number;
  label: string;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
}
