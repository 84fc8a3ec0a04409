/** The records as the Agent has them now, kept so by its one stream of events. */

import { EventStream, type Connection } from "../api/events";
import type { Container, Event, Health, Launch, Release, StatsSample } from "../api/types";
import type { Log } from "./log.svelte";
import { Topics } from "./topics";

/** Lines of history that a log begins with. */
const LOG_TAIL = 100_000;
/** Samples kept of a container: ten minutes of one every two seconds. */
const MOST_SAMPLES = 300;

class Live {
  containers = $state.raw<ReadonlyMap<number, Container>>(new Map());
  launches = $state.raw<ReadonlyMap<string, Launch>>(new Map());
  releases = $state.raw<ReadonlyMap<string, Release>>(new Map());
  stats = $state.raw<ReadonlyMap<number, readonly StatsSample[]>>(new Map());
  health = $state.raw<Health | undefined>(undefined);
  connection = $state<Connection>("connecting");
  /** Whether the records are there at all. */
  isLoaded = $state(false);

  private stream: EventStream | undefined;
  private topics = new Topics(() => this.topicsChanged());
  private isChanging = false;

  open(): void {
    if (this.stream) return;
    this.stream = new EventStream(
      {
        heard: (events) => this.heard(events),
        connected: (connection) => (this.connection = connection),
      },
      this.topics.query(LOG_TAIL),
    );
    this.stream.open();
  }

  close(): void {
    this.stream?.close();
    this.stream = undefined;
    this.isLoaded = false;
    this.connection = "connecting";
    this.containers = new Map();
    this.launches = new Map();
    this.releases = new Map();
    this.stats = new Map();
    this.health = undefined;
  }

  /** A log as it grows, from the beginning that is kept, and what ends the reading. */
  readLog(source: string): [Log, () => void] {
    return this.topics.readLog(source);
  }

  watchStats(of: number | "all"): () => void {
    return this.topics.watchStats(String(of));
  }

  /** Counts as a viewer of this container's app. */
  lookAt(pk: number): () => void {
    return this.topics.lookAt(String(pk));
  }

  /** A container by its name or key. */
  find(handle: string | undefined): Container | undefined {
    if (handle === undefined) return undefined;
    const byKey = this.containers.get(Number(handle));
    if (byKey) return byKey;
    for (const container of this.containers.values()) if (container.name === handle) return container;
    return undefined;
  }

  /** The newest launch of a container. */
  launchOf(pk: number): Launch | undefined {
    let newest: Launch | undefined;
    for (const launch of this.launches.values()) {
      if (launch.container_pk === pk && (!newest || launch.created_at > newest.created_at)) newest = launch;
    }
    return newest;
  }

  /** Several topics that change together make one new stream. */
  private topicsChanged(): void {
    if (this.isChanging) return;
    this.isChanging = true;
    queueMicrotask(() => {
      this.isChanging = false;
      this.stream?.follow(this.topics.query(LOG_TAIL));
    });
  }

  private heard(events: Event[]): void {
    const next = {
      containers: copyOnWrite(this.containers),
      launches: copyOnWrite(this.launches),
      releases: copyOnWrite(this.releases),
      stats: copyOnWrite(this.stats),
    };
    for (const event of events) this.take(event, next);
    this.containers = next.containers.now();
    this.launches = next.launches.now();
    this.releases = next.releases.now();
    this.stats = next.stats.now();
  }

  private take({ event, data }: Event, next: Next): void {
    switch (event) {
      case "snapshot":
        next.containers.reset(data.containers.map((it) => [it.pk, it]));
        next.launches.reset(data.launches.map((it) => [it.id, it]));
        next.releases.reset(data.releases.map((it) => [it.plugin_release, it]));
        for (const pk of next.stats.now().keys()) if (!next.containers.now().has(pk)) next.stats.delete(pk);
        this.isLoaded = true;
        return;
      case "container":
        return next.containers.set(data.pk, data);
      case "container_gone":
        next.stats.delete(data.pk);
        return next.containers.delete(data.pk);
      case "launch":
        return next.launches.set(data.id, data);
      case "launch_gone":
        return next.launches.delete(data.id);
      case "release":
        return next.releases.set(data.plugin_release, data);
      case "release_gone":
        for (const [key, release] of next.releases.now()) if (release.id === data.id) next.releases.delete(key);
        return;
      case "traffic": {
        const { pk, traffic, last_visit_at } = data;
        const container = next.containers.now().get(pk);
        if (container) next.containers.set(pk, { ...container, traffic, last_visit_at });
        return;
      }
      case "stats":
        return next.stats.set(data.pk, merged(next.stats.now().get(data.pk) ?? [], data.samples));
      case "log":
        return this.topics.logOf(data.source)?.push(data.lines);
      case "log_end": {
        const log = this.topics.logOf(data.source);
        if (log) log.ended = data.reason;
        return;
      }
      case "health":
        this.health = data;
    }
  }
}

interface Next {
  containers: Writable<number, Container>;
  launches: Writable<string, Launch>;
  releases: Writable<string, Release>;
  stats: Writable<number, readonly StatsSample[]>;
}

interface Writable<Key, Value> {
  now(): ReadonlyMap<Key, Value>;
  set(key: Key, value: Value): void;
  delete(key: Key): void;
  reset(entries: [Key, Value][]): void;
}

/** One copy for all changes that came in one piece; the same map, when there was none. */
function copyOnWrite<Key, Value>(map: ReadonlyMap<Key, Value>): Writable<Key, Value> {
  let copy: Map<Key, Value> | undefined;
  const written = () => (copy ??= new Map(map));
  return {
    now: () => copy ?? map,
    set: (key, value) => void written().set(key, value),
    delete: (key) => void ((copy ?? map).has(key) && written().delete(key)),
    reset: (entries) => void (copy = new Map(entries)),
  };
}

/** What is kept and what is new, each moment once: the first event of a topic repeats what is kept. */
export function merged(kept: readonly StatsSample[], more: readonly StatsSample[]): readonly StatsSample[] {
  const last = kept.at(-1)?.at ?? "";
  const first = more[0]?.at ?? "";
  const fresh = first && first < last ? more : [...kept, ...more.filter((sample) => sample.at > last)];
  return fresh.slice(-MOST_SAMPLES);
}

export const live = new Live();
