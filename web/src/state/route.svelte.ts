/** Where in the page somebody is. It is in the part of the address that no server sees: names of apps stay here. */

export interface Place {
  page: "gallery" | "launch" | "play" | "containers" | "builds" | "system" | "login";
  /** What is shown there: a name, a key, a launch. */
  subject?: string;
  query: URLSearchParams;
}

const PAGES = new Set(["launch", "play", "containers", "builds", "system", "login"]);

export function placeOf(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [page = "", ...rest] = path.split("/");
  const subject = rest.length > 0 ? decode(rest.join("/")) : undefined;
  const known = PAGES.has(page) ? (page as Place["page"]) : "gallery";
  return { page: known, subject, query: new URLSearchParams(query) };
}

/** The address of a place. */
export function href(page: Place["page"], subject?: string | number, query?: Record<string, string>): string {
  const path = page === "gallery" ? "" : page;
  const behind = subject === undefined ? "" : `/${encodeURIComponent(subject)}`;
  const asked = query && Object.keys(query).length > 0 ? `?${new URLSearchParams(query)}` : "";
  return `#/${path}${behind}${asked}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

class Route {
  place = $state.raw<Place>(placeOf(location.hash));
  private hash = location.hash;

  constructor() {
    window.addEventListener("hashchange", () => this.look());
  }

  /** Goes there at once: browsers tell of it later. */
  go(to: string): void {
    location.hash = to;
    this.look();
  }

  /** Goes there without a step back to here. */
  replace(to: string): void {
    history.replaceState(null, "", to);
    this.look();
  }

  private look(): void {
    if (location.hash === this.hash) return;
    this.hash = location.hash;
    this.place = placeOf(this.hash);
  }
}

export const route = new Route();
