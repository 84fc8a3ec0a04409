"""What the Playground page costs a browser: its first look, a thousand containers, a log of a hundred thousand lines.

Run by `cargo xtask bench page`. Times are of this machine and of Chromium without a graphics card; each stands beside the plain
thing in the same run.
"""

import sqlite3
import statistics
import time
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect
from support import plugins
from support.plugins import MIMIC

from browser.playground import Playground
from browser.site import Site
from browser.trace import SEEN, loads

LOOKS = 9
CONTAINERS = 1000
LINES = 100_000
EMPTY = "<!doctype html><title>Empty</title><article>Nothing</article>"
# When the first thing that was asked for can be seen: the frame after the one in which it is there.
FIRST = """() => {
  const seen = () => requestAnimationFrame(() => { window.seenAt ??= performance.now() });
  new MutationObserver(() => document.querySelector('article') && seen())
    .observe(document, {childList: true, subtree: true});
}"""
# Scrolls as a wheel does, by this many pixels in every frame, and returns how far the frames are apart.
SCROLL = """([selector, step]) => new Promise(done => {
  const box = document.querySelector(selector), frames = [];
  let last = performance.now(), by = step;
  const frame = now => {
    frames.push(now - last);
    last = now;
    if (box.scrollTop + box.clientHeight >= box.scrollHeight - 1) by = -step;
    if (box.scrollTop === 0) by = step;
    box.scrollTop += by;
    frames.length < 180 ? requestAnimationFrame(frame) : done(frames.slice(2));
  };
  requestAnimationFrame(frame);
})"""
# From a change of a field until the frame after it was painted.
TYPE = """([field, text]) => new Promise(done => {
  const input = document.querySelector(field), begun = performance.now();
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, text);
  input.dispatchEvent(new Event('input', {bubbles: true}));
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begun)));
})"""
# When a panel says this.
AWAIT = """words => { window.changed = new Promise(done => {
  const panel = document.querySelector('aside');
  new MutationObserver((_, it) => {
    if (panel.innerText.includes(words)) { it.disconnect(); done(performance.timeOrigin + performance.now()); }
  }).observe(panel, {subtree: true, childList: true, characterData: true});
}) }"""
TALKS = f"""
import http.server
print("\\n".join(f"line {{n}} of a log that is long" for n in range({LINES})), flush=True)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("0.0.0.0", 7860), Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def launched(empty_agent, tmp_path_factory):
    """Makes an app and waits until it runs."""

    def launched(code, app):
        file = tmp_path_factory.mktemp("bench") / f"{code}.zip"
        file.write_bytes(plugins.plugin(code, app=app))
        with file.open("rb") as opened:
            made = empty_agent.post("containers/", files={"file": opened}).json()
        empty_agent.finished(made["build_id"])
        return empty_agent.get(f"containers/{made['pk']}").json()

    return launched


def entered(chromium, agent):
    window = Playground(chromium.new_context(viewport={"width": 1440, "height": 900}), agent)
    return window.enter()


def shown_after(context, address):
    page = context.new_page()
    page.add_init_script(f"({FIRST})()")
    page.goto(address)
    page.wait_for_function("() => window.seenAt !== undefined")
    seen = page.evaluate("() => window.seenAt")
    page.close()
    return seen


def trace_of(context, address):
    """The median of some loads, by when they were interactive."""
    page, found = context.new_page(), []
    page.add_init_script(f"({SEEN})()")
    for _ in range(2 * LOOKS):
        page.goto("about:blank")
        found.append(loads(context.browser, page, address))
    page.close()
    found = sorted((it for it in found if it), key=lambda it: it.interactive)
    print(f"Chromium's trace of {address}: {len(found)} loads")
    return found[len(found) // 2]


def test_the_first_look(chromium, empty_agent, launched):
    launched("first", MIMIC)
    window = entered(chromium, empty_agent)
    context, site = window.page.context, Site()
    site.page = EMPTY
    devtools = context.new_cdp_session(window.page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes, kinds = {}, {}
    devtools.on("Network.responseReceived", lambda it: kinds.update({it["requestId"]: it["response"]["url"]}))
    devtools.on("Network.loadingFinished", lambda it: sizes.update({it["requestId"]: it["encodedDataLength"]}))
    window.page.reload()
    expect(window.card("first")).to_be_visible()
    window.page.wait_for_timeout(500)
    loaded = {kinds[key]: size for key, size in sizes.items() if kinds.get(key, "").startswith(window.address)}
    print(f"\nfirst load of the gallery: {sum(loaded.values()) / 1000:.1f} KB in {len(loaded)} requests, with their heads, as sent")
    ours, empty = [], []
    for _ in range(LOOKS):
        empty.append(shown_after(context, site.at("localhost")))
        ours.append(shown_after(context, window.address))
    traces = {name: trace_of(context, address) for name, address in (("empty", site.at("localhost")), ("ours", window.address))}
    site.close()
    mine, plain = statistics.median(ours), statistics.median(empty)
    print(f"an app can be seen and clicked after {mine:.0f} ms (slowest {max(ours):.0f}), an empty page after {plain:.0f} ms: {mine / plain:.1f} x")
    for name, it in traces.items():
        print(f"Chromium's trace, {name}: first paint {it.painted:.0f} ms, interactive {it.interactive:.0f} ms, main thread busy {it.busy:.0f} ms")
    print(f"interactive: {traces['ours'].interactive / traces['empty'].interactive:.1f} x of the empty page")
    context.close()


@contextmanager
def a_thousand(agent):
    """Records like the one that is there, but for their model. They are stopped: what is measured is the page."""
    agent.kill()
    with sqlite3.connect(agent.data / "playground.db") as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(containers)")]
        own = {"pk": "pk + :n * 10", "name": "name || '_copy_' || :n", "model": ":n", "desired": "'stopped'", "status": "'stopped'"}
        own |= {column: "NULL" for column in ("host_port", "engine_id", "last_engine_id", "published_run", "ready_since")}
        copied = ", ".join(own.get(column, column) for column in columns)
        for n in range(1, CONTAINERS):
            database.execute(
                f"INSERT INTO containers ({', '.join(columns)}) SELECT {copied} FROM containers ORDER BY pk LIMIT 1", {"n": n}
            )
    agent.start()
    yield
    agent.kill()
    with sqlite3.connect(agent.data / "playground.db") as database:
        database.execute("DELETE FROM containers WHERE name LIKE '%copy%'")
    agent.start()


def frames_of(page, selector, step):
    frames = sorted(page.evaluate(SCROLL, [selector, step]))
    late = sum(1 for frame in frames if frame > 25)
    return f"{1000 * len(frames) / sum(frames):.1f} fps, 95th frame {frames[int(0.95 * len(frames))]:.1f} ms, {late} of {len(frames)} late"


def test_a_thousand_containers(chromium, empty_agent):
    with a_thousand(empty_agent):
        look_at_a_thousand(chromium, empty_agent)


def look_at_a_thousand(chromium, empty_agent):
    window = entered(chromium, empty_agent).go("containers")
    page = window.page
    expect(page.get_by_role("table")).to_be_visible()
    table = ".scroller"
    for step in (40, 300):
        print(f"\ntable of {CONTAINERS}, {step} px a frame: {frames_of(page, table, step)}", end="")
    page.evaluate("() => document.querySelector('.scroller').scrollTop = 0")
    field = "main input[type=search]"
    took = {text: page.evaluate(TYPE, [field, text]) for text in ("f", "fi", "first", "first stopped", "", "9", "")}
    print(f"\nfilter, keystroke to painted: {', '.join(f'{text!r} {ms:.0f} ms' for text, ms in took.items())}")
    window.go("")
    took = {text: page.evaluate(TYPE, [field, text]) for text in ("f", "first", "")}
    print(f"gallery of {CONTAINERS}, the same: {', '.join(f'{text!r} {ms:.0f} ms' for text, ms in took.items())}")
    begun = time.monotonic()
    page.reload()
    expect(window.page.get_by_role("article").first).to_be_visible()
    print(f"gallery of {CONTAINERS}, loaded anew: {1000 * (time.monotonic() - begun):.0f} ms")
    page.context.close()


def test_a_long_log(chromium, empty_agent, launched):
    talker = launched("talker", TALKS)
    window = entered(chromium, empty_agent).go(f"play/{talker['name']}")
    page = window.page
    page.evaluate("""() => { window.longest = 0; new PerformanceObserver(list => {
      for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
    }).observe({entryTypes: ['longtask']}) }""")
    begun = time.monotonic()
    page.get_by_role("button", name="Logs").click()
    expect(page.get_by_text(f"line {LINES - 1} of", exact=False)).to_be_visible()
    took = time.monotonic() - begun
    print(f"\nlog of {LINES} lines: its end is there after {1000 * took:.0f} ms, longest task {page.evaluate('() => window.longest'):.0f} ms")
    print(f"scrolled by 300 px a frame: {frames_of(page, '.log .view', 300)}")
    print(f"searched: {page.evaluate(TYPE, ['.log input', 'line 777']):.0f} ms")
    page.context.close()


def test_a_change_reaches_another_window(chromium, empty_agent):
    window = entered(chromium, empty_agent)
    page = window.page
    pk = next(it["pk"] for it in empty_agent.get("containers/?page_size=500&search=talker").json()["results"])
    page.evaluate("pk => { location.hash = `/containers/${pk}` }", pk)
    expect(page.locator("aside, [role=complementary]").get_by_text("Running").first).to_be_visible()
    shown = {"public": "everybody", "private": "who has a link"}
    took = []
    for visibility, words in list(shown.items()) * 5:
        page.evaluate(AWAIT, words)
        begun = time.time()
        empty_agent.request("PATCH", f"containers/{pk}", json={"visibility": visibility})
        took.append(page.evaluate("() => window.changed") - 1000 * begun)
    print(f"\na change by the API is in the page after {statistics.median(took):.0f} ms (slowest {max(took):.0f})")
    page.context.close()
