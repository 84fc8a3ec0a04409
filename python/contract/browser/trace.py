"""What Chromium's own trace says of a page's load."""

import json
from dataclasses import dataclass

# A task that takes longer keeps a person waiting (Chromium's own measure of a long task).
LONG = 50_000
MARK = "seen"
SEEN = f"""() => new MutationObserver((_, it) => {{
  if (!document.querySelector('article')) return;
  it.disconnect();
  requestAnimationFrame(() => performance.mark('{MARK}'));
}}).observe(document, {{childList: true, subtree: true}})"""


@dataclass
class Load:
    """Times since the navigation began, in milliseconds."""

    painted: float
    """The first content was painted."""
    interactive: float
    """What the page is about can be seen (its first `article`), and no long task goes on."""
    busy: float
    """What the main thread did in all."""


def loads(browser, page, address):
    """Loads an address in a page that has the script SEEN, and reads the trace."""
    browser.start_tracing(page=page, categories=["devtools.timeline", "blink.user_timing", "loading", "disabled-by-default-devtools.timeline"])
    page.goto(address)
    page.wait_for_selector("article")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 300)))")
    return read(json.loads(browser.stop_tracing())["traceEvents"])


def read(events):
    """The navigation of this trace that painted something last; none where Chromium's buffer lost its beginning."""
    begun = {it["args"]["data"]["navigationId"]: it["ts"] for it in events if it["name"] == "navigationStart"}
    mine = lambda it: it["args"].get("data", {}).get("navigationId")
    # Another window may paint, too: its navigation began before the trace.
    paints = [it for it in events if it["name"] == "firstContentfulPaint" and mine(it) in begun]
    paint = max(paints, key=lambda it: it["ts"], default=None)
    if paint is None:
        return None
    load, thread = mine(paint), (paint["pid"], paint["tid"])
    begun = begun[load]
    tasks = [it for it in events if it["name"] == "RunTask" and (it["pid"], it["tid"]) == thread and it["ts"] >= begun]
    long = [it["ts"] + it["dur"] for it in tasks if it.get("dur", 0) > LONG]
    since = lambda at: (at - begun) / 1000
    seen = [it["ts"] for it in events if it["name"] == MARK and mine(it) == load]
    return Load(since(paint["ts"]), since(max([paint["ts"], *seen, *long])), sum(it.get("dur", 0) for it in tasks) / 1000)
