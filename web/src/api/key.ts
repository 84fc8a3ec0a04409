/**
 * The page's half of its session. The other half is a cookie that no script can read; a cookie knows no ports, though, and is
 * sent to every app on this host. Storage belongs to this origin alone, so neither half is worth anything by itself.
 */

const STORED = "synapse-key";
/** In small letters, as browsers list headers. */
const HEADER = "x-synapse-key";

type Listener = () => void;
const listeners = new Set<Listener>();

/** The header that shows the page's half; none before somebody logged in. */
export function keyHeaders(): Record<string, string> {
  const key = localStorage.getItem(STORED);
  return key ? { [HEADER]: key } : {};
}

export function keepKey(key: string): void {
  localStorage.setItem(STORED, key);
}

/** The half that a request carried. */
export function keyIn(headers: Record<string, string>): string | undefined {
  return headers[HEADER];
}

/**
 * The session of this half has ended: whoever shows something of it is told. What was refused long ago says nothing of a session
 * that was opened since.
 */
export function forgetKey(key: string | undefined): void {
  if (key === undefined || localStorage.getItem(STORED) !== key) return;
  localStorage.removeItem(STORED);
  for (const listener of listeners) listener();
}

/** Calls back when the session ends here, or begins or ends in another window. */
export function onKeyChange(listener: Listener): () => void {
  const stored = (event: StorageEvent) => {
    if (event.key === STORED) listener();
  };
  listeners.add(listener);
  window.addEventListener("storage", stored);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", stored);
  };
}
