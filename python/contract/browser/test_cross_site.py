"""What pages of other sites may do with an app and with the API (docs/security.md, item 43), in a visitor's real Chromium."""

import pytest
import requests
from playwright.sync_api import expect
from support import plugins

from browser.conftest import EVIL
from browser.site import Site
from browser.test_hostile_apps import ASK, CODE

SOCKET = """address => new Promise(resolve => {
  const socket = new WebSocket(address);
  socket.onopen = () => resolve('open');
  socket.onerror = () => resolve('refused');
})"""
# A form sends itself, into a frame so that the page stays.
FORM = """address => new Promise(resolve => {
  const frame = Object.assign(document.createElement('iframe'), {name: 'into'});
  const form = Object.assign(document.createElement('form'), {action: address, method: 'post', target: 'into'});
  document.body.append(frame, form);
  frame.onload = () => resolve('answered');
  form.submit();
})"""
TAG = """([tag, address]) => new Promise(resolve => {
  const element = document.createElement(tag);
  element.onload = () => resolve('loaded');
  element.onerror = () => resolve('refused');
  element.src = address;
  document.head.append(element);
})"""


@pytest.fixture(scope="session")
def app(create):
    return create("target@1.0.0", plugins.plugin("target", app=CODE))


@pytest.fixture
def site():
    site = Site()
    yield site
    site.close()


@pytest.fixture
def asked(agent, at, app):
    """What the app was asked so far. For its icon browsers ask by themselves, in their own time."""
    address = at("path").of(app)
    told = lambda: requests.get(f"{address}asked", headers={"Authorization": agent.token}, timeout=10).json()
    return lambda: [it for it in told() if it[1] != "/favicon.ico"]


@pytest.fixture(params=["evil", "neighbour", "no-origin"])
def stranger(request, visitor, site, place, app):
    """A page that is none of the app's, in a browser that has the app open."""
    page = visitor.new_page()
    page.goto(place.link(app))
    expect(page.get_by_role("heading", name="Hostile")).to_be_visible()
    visits = visitor.new_page()
    if request.param == "no-origin":
        # Where a page has no origin it calls itself null, as the apps' own pages at a path do.
        site.page = "<iframe name=inner sandbox='allow-scripts allow-forms' srcdoc='<h1>Stranger</h1>'></iframe>"
        visits.goto(site.at(EVIL))
        expect(visits.frame_locator("iframe").get_by_role("heading")).to_be_visible()
        return visits.frame(name="inner")
    site.page = "<h1>Stranger</h1>"
    visits.goto(site.at(EVIL if request.param == "evil" else "neighbour.localhost"))
    return visits


def test_item_43_another_page_reads_nothing_and_nothing_happens(stranger, place, app, asked, visitor, agent):
    address, before = place.of(app), asked()
    for options in (
        {"credentials": "include"},
        {"method": "POST"},
        {"method": "POST", "credentials": "include", "headers": {"Content-Type": "application/json"}, "body": "{}"},
        {"method": "DELETE", "credentials": "include"},
    ):
        assert stranger.evaluate(ASK, [f"{address}echo", options])[2] == "", options
    for options in ({"mode": "no-cors", "credentials": "include"}, {"mode": "no-cors", "method": "POST", "credentials": "include"}):
        assert stranger.evaluate(ASK, [f"{address}echo", options])[2] == "", options
    assert stranger.evaluate(SOCKET, address.replace("http", "ws", 1) + "socket") == "refused"
    stranger.evaluate(FORM, f"{address}echo")
    for tag in ("script", "img"):
        assert stranger.evaluate(TAG, [tag, f"{address}echo"]) == "refused"
    assert asked() == before, "the app was asked nothing"


def test_item_43_another_page_asks_nothing_of_the_api(stranger, agent):
    api = f"{agent.url}/health/"
    for options in ({"credentials": "include"}, {"mode": "no-cors"}, {"method": "POST", "body": "{}"}):
        assert stranger.evaluate(ASK, [api, options])[2] == "", options


def test_item_43_a_name_that_was_made_to_lead_here_leads_to_nothing(visitor, agent, at, app):
    port = agent.url.rpartition(":")[2]
    page = visitor.new_page()
    answer = page.goto(at("path").of(app).replace("127.0.0.1", EVIL))
    assert answer.status == 421
    assert page.goto(f"http://{EVIL}:{port}/play/").status != 200
