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
export type CreateBody = Schemas["CreateBody"];
export type Cleanup = Schemas["Cleanup"];
export type AppApi = Schemas["AppApi"];
export type AppEndpoint = Schemas["AppEndpoint"];
export type AppLink = Schemas["AppLink"];
export type AppParameter = Schemas["AppParameter"];

/** An event of the stream, by its name. */
export type Event = Schemas["Event"];
export type LogLine = Schemas["StreamedLine"];
export type StatsSample = Schemas["StatsSample"];
export type Token = Schemas["Token"];
export type Waiting = Schemas["Waiting"];

export type Example = Schemas["Example"];
export type Translation = Schemas["Translation"];
