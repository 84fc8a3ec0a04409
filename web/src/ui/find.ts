/** Finding in many lines. */

interface Line {
  text: string;
}

interface Lines {
  lines: readonly Line[];
  /** How many went from their front. */
  dropped: number;
}

/** Which lines hold a text, whatever its case. Of lines that grow, those that were looked through are not looked through again. */
export class Finder {
  private wanted = "";
  private dropped = 0;
  private known = 0;
  private found: readonly number[] = [];

  /** None for no text. A list that is the same has nothing new in it. */
  matches({ lines, dropped }: Lines, wanted: string): readonly number[] {
    if (wanted !== this.wanted || dropped !== this.dropped) {
      [this.wanted, this.dropped, this.known, this.found] = [wanted, dropped, 0, []];
    }
    if (wanted === "") return this.found;
    const lower = wanted.toLowerCase();
    const more: number[] = [];
    for (; this.known < lines.length; this.known += 1) {
      if (lines[this.known]?.text.toLowerCase().includes(lower)) more.push(this.known);
    }
    if (more.length > 0) this.found = [...this.found, ...more];
    return this.found;
  }
}

export interface Part {
  text: string;
  isMatch: boolean;
}

/** A line, cut where the text begins and ends. */
export function parts(text: string, wanted: string): Part[] {
  const lower = text.toLowerCase();
  const sought = wanted.toLowerCase();
  // Where lower case has another length than what was written, positions in one say nothing about the other.
  if (sought === "" || lower.length !== text.length) return [{ text, isMatch: false }];
  const cut: Part[] = [];
  let at = 0;
  for (let hit = lower.indexOf(sought); hit !== -1; hit = lower.indexOf(sought, at)) {
    if (hit > at) cut.push({ text: text.slice(at, hit), isMatch: false });
    at = hit + sought.length;
    cut.push({ text: text.slice(hit, at), isMatch: true });
  }
  if (at < text.length) cut.push({ text: text.slice(at), isMatch: false });
  return cut;
}
