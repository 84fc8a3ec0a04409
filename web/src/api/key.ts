/**
 * The page's half of its session. The other half is a cookie that no script can read; a cookie knows no ports, though, and is
 * sent to every app on this host. Storage belongs to this origin alone, so neither half is worth anything by itself.
 */

const STORED = "synapse-key";
const HEADER = "X-Synapse-Key";

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

/** The session has ended: whoever shows something of it is told. */
export function forgetKey(): void {
  if (localStorage.getItem(STORED) === null) return;
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
