/**
 * The one stream of events: read with `fetch`, since `EventSource` can send no header. It comes back by itself and goes on where it
 * was; its cursor holds for every topic, so that topics may change in between.
 */

import { createParser } from "eventsource-parser";

import { base } from "./client";
import { forgetKey, keyHeaders, keyIn } from "./key";
import type { paths } from "./schema";
import type { Event } from "./types";

const ROUTE = "/events" satisfies keyof paths;
/** The Agent says something at least every 15 seconds; a connection that is silent for longer is dead. */
const SILENCE = 40_000;
/** Whoever comes back to one that is silent for longer than this does not wait for that. */
const DOUBT = 20_000;
const FIRST_WAIT = 250;
const LONGEST_WAIT = 5_000;

export type Connection = "connecting" | "live" | "lost";

export interface Listener {
  /** Everything that arrived in one piece, in its order. */
  heard(events: Event[]): void;
  /** Whether the stream lives. */
  connected(connection: Connection): void;
}

export class EventStream {
  private cursor: string | undefined;
  private attempt: AbortController | undefined;
  private wait = FIRST_WAIT;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isOpen = false;
  /** When it was last begun, or said something. */
  private heardAt = 0;

  constructor(
    private readonly listener: Listener,
    private topics: URLSearchParams = new URLSearchParams(),
  ) {}

  open(): void {
    this.isOpen = true;
    this.connect();
    window.addEventListener("online", this.now);
    document.addEventListener("visibilitychange", this.now);
  }

  close(): void {
    this.isOpen = false;
    window.removeEventListener("online", this.now);
    document.removeEventListener("visibilitychange", this.now);
    clearTimeout(this.timer);
    this.attempt?.abort();
    this.cursor = undefined;
  }

  /** From now on with these topics; nothing is missed in between. */
  follow(topics: URLSearchParams): void {
    if (topics.toString() === this.topics.toString()) return;
    this.cursor = withoutNew(this.cursor, topics, this.topics);
    this.topics = topics;
    if (this.isOpen) this.connect();
  }

  /** Whoever comes back to the page does not wait for the next try; nor, after this machine slept, for a connection that died. */
  private now = (): void => {
    if (document.hidden) return;
    if (this.timer !== undefined || Date.now() - this.heardAt > DOUBT) this.connect();
  };

  private connect(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.attempt?.abort();
    const attempt = new AbortController();
    this.attempt = attempt;
    this.heardAt = Date.now();
    void this.read(attempt).finally(() => {
      if (this.attempt !== attempt || !this.isOpen) return;
      this.listener.connected("lost");
      this.timer = setTimeout(() => this.connect(), this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    });
  }

  private async read(attempt: AbortController): Promise<void> {
    const query = new URLSearchParams(this.topics);
    if (this.cursor !== undefined) query.set("since", this.cursor);
    const key = keyHeaders();
    let watch = setTimeout(() => attempt.abort(), SILENCE);
    try {
      const response = await fetch(`${base}${ROUTE}?${query}`, {
        headers: { Accept: "text/event-stream", ...key },
        signal: attempt.signal,
        cache: "no-store",
      });
      if (response.status === 401) return forgetKey(keyIn(key));
      if (!response.ok || !response.body) return;
      let heard: Event[] = [];
      const parser = createParser({
        onEvent: (event) => {
          if (event.id !== undefined) this.cursor = event.id;
          heard.push({ event: event.event, data: JSON.parse(event.data) } as Event);
        },
      });
      const text = response.body.pipeThrough(new TextDecoderStream());
      for await (const piece of pieces(text)) {
        if (attempt.signal.aborted) return;
        this.heardAt = Date.now();
        clearTimeout(watch);
        watch = setTimeout(() => attempt.abort(), SILENCE);
        parser.feed(piece);
        if (heard.length === 0) continue;
        const events = heard;
        heard = [];
        this.wait = FIRST_WAIT;
        this.listener.heard(events);
        this.listener.connected("live");
      }
    } catch {
      // A stream that broke is a stream that ended: both are begun again.
    } finally {
      clearTimeout(watch);
    }
  }
}

/** A log that is opened again begins at its beginning: where it was left is taken out of the cursor. */
function withoutNew(cursor: string | undefined, topics: URLSearchParams, before: URLSearchParams): string | undefined {
  const isNew = (log: string) => topics.has("log", log) && !before.has("log", log);
  return cursor?.split(",").filter((part, at) => at === 0 || !isNew(part.split("=")[0] ?? "")).join(",");
}

async function* pieces(stream: ReadableStream<string>): AsyncGenerator<string> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
