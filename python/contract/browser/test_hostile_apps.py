"""What an app may not do to its neighbours and to the Playground, in a real Chromium (docs/security.md, items 44 to 46)."""

import json
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Error, expect
from support import plugins
from support.wait import eventually

from browser.site import Site

CODE = (Path(__file__).parent / "hostile.py").read_text()
# What the Playground gives the frame of an app in the Playground.
FRAME = 'sandbox="allow-scripts allow-same-origin allow-forms allow-downloads allow-popups allow-modals"'
# What a script gets of something: its value, or how it is refused.
TRY = "of => { try { return String(eval(of)) } catch (error) { return error.name } }"
ASK = """([address, options]) => fetch(address, options).then(
  async answer => [answer.status, answer.type, await answer.text()], error => ['refused', error.name, ''])"""


@pytest.fixture(scope="session")
def hostile(create):
    return create("hostile@1.0.0", plugins.plugin("hostile", app=CODE), model=1)


@pytest.fixture(scope="session")
def neighbour(create):
    return create("hostile@1.0.0", plugins.plugin("hostile", app=CODE), model=2)


@pytest.fixture
def site():
    site = Site()
    yield site
    site.close()


@pytest.fixture
def enter(visitor, place):
    """Opens an app by its link, and returns its page and its address as the page has it."""

    def enter(container):
        page = visitor.new_page()
        page.goto(place.link(container))
        expect(page.get_by_role("heading", name="Hostile")).to_be_visible()
        return page, page.url

    return enter


def test_item_44_an_app_sees_no_cookie_but_its_own(visitor, enter, hostile, neighbour, agent, place):
    host = place.of(hostile).split("/")[2].partition(":")[0]
    visitor.add_cookies([{"name": "synapse-session", "value": "secret", "domain": host, "path": "/"}])
    other, _ = enter(neighbour)
    other.goto(f"{other.url}cookies")
    page, address = enter(hostile)
    page.goto(f"{address}cookies")
    page.goto(f"{address}echo")
    told = {name.lower(): value for name, value in json.loads(page.locator("body").inner_text())}
    assert agent.token not in str(told) and "authorization" not in told
    # Three of its own, and none of those three a second time from its neighbour.
    cookies = sorted(told["cookie"].split("; "))
    assert cookies == ["own=1", "wide=1", "wider=1"]


def test_item_45_an_apps_cookies_stay_with_it(visitor, enter, hostile, place):
    page, address = enter(hostile)
    page.goto(f"{address}cookies")
    host, _, path = address.partition("://")[2].partition("/")
    for cookie in visitor.cookies():
        assert cookie["domain"] == host.partition(":")[0], "not below it"
        if not cookie["name"].startswith("synapse-"):
            assert cookie["path"] == f"/{path}"
    assert "synapse-session" not in [cookie["name"] for cookie in visitor.cookies()]


def test_item_45_a_service_worker_reaches_no_further_than_its_app(enter, hostile, place):
    page, address = enter(hostile)
    register = "address => navigator.serviceWorker.register(address, {scope: '/'}).then(() => 'there', error => error.name)"
    if place.kind == "host":
        # All of this origin is the app's own.
        assert page.evaluate(register, f"{address}worker.js") == "there"
    elif place.kind == "path":
        assert page.evaluate(TRY, "navigator.serviceWorker") == "SecurityError"
    else:
        assert page.evaluate(TRY, "navigator.serviceWorker") == "undefined", "not at an address without TLS"


def test_item_45_an_app_sends_nobody_into_this_machine(enter, hostile):
    page, address = enter(hostile)
    answer = page.goto(f"{address}away")
    assert (answer.status, answer.headers.get("location"), page.url) == (302, None, f"{address}away")


def test_item_45_an_answer_without_end_is_the_apps_own_trouble(agent, enter, hostile, neighbour, at):
    page, address = enter(hostile)
    assert page.goto(f"{address}endless-head").status == 502
    begin = """async address => {
      const leave = new AbortController();
      const answer = await fetch(address, {signal: leave.signal});
      const first = await answer.body.getReader().read();
      leave.abort();
      return first.value.length;
    }"""
    page.goto(address)
    assert page.evaluate(begin, f"{address}endless-body") > 0
    ask = lambda container, path: requests.get(f"{at('path').of(container)}{path}", headers={"Authorization": agent.token})
    ends = lambda asked: [path for method, path in asked if method == "END"]
    # Both ended at the app, as soon as nobody listened to them any more.
    eventually(lambda: ask(hostile, "asked").json(), lambda asked: len(set(ends(asked))) >= 2, what="the end of both")
    assert ask(neighbour, "").status_code == 200


def test_item_46_an_app_reaches_nothing_of_the_page_around_it(visitor, hostile, place, site, agent):
    address = place.of(hostile)
    # The Playground is found under the name that the apps are below, or beside.
    around = "localhost" if place.kind == "host" else address.split("/")[2].partition(":")[0]
    site.page = f"<!doctype html><h1>Playground</h1><iframe name=app {FRAME} src='{place.link(hostile)}'></iframe>"
    visitor.add_cookies([{"name": "ui", "value": "secret", "domain": around, "path": "/"}])
    page = visitor.new_page()
    page.goto(site.at(around))
    page.evaluate("() => localStorage.setItem('ui', 'secret')")
    expect(page.frame_locator("iframe").get_by_role("heading", name="Hostile")).to_be_visible()
    frame = page.frame(name="app")
    for what in ("parent.document.body", "parent.localStorage", "parent.document.cookie", "top.location.href"):
        assert frame.evaluate(TRY, what) == "SecurityError", what
    seen = frame.evaluate(TRY, "document.cookie")
    assert "secret" not in seen and "synapse" not in seen, seen
    if place.kind != "host":
        assert frame.evaluate(TRY, "localStorage") == "SecurityError", "it shares its host, and has nothing of it"
    # The API knows its own pages by their origin.
    api = f"http://{around}:{agent.url.rpartition(':')[2]}/containers/"
    options = {"credentials": "include", "method": "POST", "mode": "no-cors"}
    for asked in ({"credentials": "include"}, options):
        assert frame.evaluate(ASK, [api, asked])[2] == "", "nothing is read"
    with pytest.raises(Error, match="SecurityError|Unsafe|sandboxed|navigate"):
        frame.evaluate("() => { top.location.href = 'about:blank' }")
    assert page.url == site.at(around)
    expect(page.get_by_role("heading", name="Playground")).to_be_visible()


def test_the_link_of_a_frame_lasts_for_what_its_page_asks(visitor, hostile, place, site):
    """The app in a frame of the Playground, where the link's cookie or its ticket has to travel."""
    around = "localhost" if place.kind == "host" else place.of(hostile).split("/")[2].partition(":")[0]
    site.page = f"<!doctype html><iframe name=app {FRAME} src='{place.link(hostile)}'></iframe>"
    page = visitor.new_page()
    page.goto(site.at(around))
    expect(page.frame_locator("iframe").get_by_role("heading", name="Hostile")).to_be_visible()
    status, _, body = page.frame(name="app").evaluate(ASK, ["echo", {"method": "POST"}])
    assert status == 200 and "synapse" not in body
