/** Finding in many lines. */

interface Line {
  text: string;
}

/** Which lines hold the text, whatever its case. */
export function matchesIn(lines: readonly Line[], wanted: string): number[] {
  const lower = wanted.toLowerCase();
  const found: number[] = [];
  lines.forEach((line, at) => {
    if (line.text.toLowerCase().includes(lower)) found.push(at);
  });
  return found;
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
