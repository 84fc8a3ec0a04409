/** JSON, cut down to what somebody looks for. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The same with only what has the text in a name or a value; undefined where nothing has. */
export function pruned(value: Json, wanted: string): Json | undefined {
  const sought = wanted.trim().toLowerCase();
  return sought === "" ? value : kept(value, sought);
}

function kept(value: Json, sought: string): Json | undefined {
  if (value === null || typeof value !== "object") return String(value).toLowerCase().includes(sought) ? value : undefined;
  if (Array.isArray(value)) {
    const items = value.map((item) => kept(item, sought)).filter((item) => item !== undefined);
    return items.length > 0 ? items : undefined;
  }
  const pairs = Object.entries(value).flatMap(([key, item]): [string, Json][] => {
    const found = key.toLowerCase().includes(sought) ? item : kept(item, sought);
    return found === undefined ? [] : [[key, found]];
  });
  // A name may be anything, `__proto__` too.
  return pairs.length > 0 ? Object.fromEntries(pairs) : undefined;
}

/** What is in it, when it holds anything. */
export function entriesOf(value: Json): [string, Json][] | undefined {
  if (value === null || typeof value !== "object") return undefined;
  return Array.isArray(value) ? value.map((item, at) => [String(at), item]) : Object.entries(value);
}
