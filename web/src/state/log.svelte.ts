/** The lines of a log, as far as they have come. */

import type { LogLine } from "../api/types";

/** Colours and cursor movements of terminals. */
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])/g;

/** A browser holds so many without trouble; older ones go. */
const MOST_LINES = 200_000;

export class Log {
  /** Not watched line by line: whoever shows them looks again when `version` moves. */
  readonly lines: LogLine[] = [];
  version = $state(0);
  /** Why nothing more will come. */
  ended = $state<string | undefined>();
  /** How many older lines went. */
  dropped = $state(0);

  push(lines: readonly LogLine[]): void {
    for (const line of lines) this.lines.push(cleaned(line));
    const surplus = this.lines.length - MOST_LINES;
    if (surplus > 0) {
      // A tenth at once: taking lines off the front of a long list is not free.
      const gone = surplus + MOST_LINES / 10;
      this.lines.splice(0, gone);
      this.dropped += gone;
    }
    this.ended = undefined;
    this.version += 1;
  }

  /** All of it as a text. */
  text(): string {
    return this.lines.map((line) => `${line.text}\n`).join("");
  }
}

function cleaned(line: LogLine): LogLine {
  return line.text.includes("\x1b") ? { ...line, text: line.text.replace(ESCAPES, "") } : line;
}
