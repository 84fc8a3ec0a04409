/** What the page wants to hear of beside the records: logs and numbers, each as long as somebody looks. */

import { Log } from "./log.svelte";

interface Read {
  log: Log;
  readers: number;
}

export class Topics {
  private logs = new Map<string, Read>();
  private watched = new Map<string, number>();
  private looks = new Map<string, number>();

  constructor(private readonly changed: () => void) {}

  /** A log (`container:{pk}` or `build:{id}`), kept up to date until the returned function is called. */
  readLog(source: string): [Log, () => void] {
    const read = this.logs.get(source) ?? { log: new Log(), readers: 0 };
    read.readers += 1;
    this.logs.set(source, read);
    this.changed();
    return [
      read.log,
      () => {
        read.readers -= 1;
        if (read.readers === 0) this.logs.delete(source);
        this.changed();
      },
    ];
  }

  /** Wants the numbers of a container (its key) or of all until the returned function is called. */
  watchStats(of: string): () => void {
    return this.count(this.watched, of);
  }

  /** Somebody has this container's app before their eyes until the returned function is called. */
  lookAt(pk: string): () => void {
    return this.count(this.looks, pk);
  }

  logOf(source: string): Log | undefined {
    return this.logs.get(source)?.log;
  }

  query(tail: number): URLSearchParams {
    const query = new URLSearchParams();
    for (const source of this.logs.keys()) query.append("log", source);
    for (const of of this.watched.keys()) query.append("stats", of);
    for (const pk of this.looks.keys()) query.append("look", pk);
    if (this.logs.size > 0) query.set("tail", String(tail));
    return query;
  }

  private count(counts: Map<string, number>, of: string): () => void {
    counts.set(of, (counts.get(of) ?? 0) + 1);
    this.changed();
    return () => {
      const left = (counts.get(of) ?? 1) - 1;
      if (left > 0) counts.set(of, left);
      else counts.delete(of);
      this.changed();
    };
  }
}
