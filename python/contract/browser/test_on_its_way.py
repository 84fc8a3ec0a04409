"""People who open the page of an app that sleeps or is being built: they do nothing, and it becomes the app."""

import re

import pytest
from playwright.sync_api import expect
from support import plugins
from support.wait import PATIENCE, eventually

from browser.page import Page
from browser.test_hostile_apps import CODE

WAKING = re.compile("is waking up|is starting")
BUILDING = re.compile("is being built")


@pytest.fixture(scope="session")
def sleepy(create, every_major):
    """An app of its own for whoever sends it to sleep."""
    return create("gradio-6@1.0.0", every_major[6], model=1)


@pytest.fixture
def fallen_asleep(agent, sleepy):
    """Lets the app fall asleep, and stay awake once it is woken."""
    address = f"containers/{sleepy['pk']}/"
    look = lambda: agent.get(address).json()

    def fall(tier, idle):
        agent.request("PATCH", address, json={"idle": idle})
        eventually(look, lambda record: (record["asleep"], record["status"]) == (tier, tier), what=f"the app {tier}")
        agent.request("PATCH", address, json={"idle": {}})
        return sleepy

    yield fall
    assert look()["asleep"] is None


@pytest.mark.parametrize("kind", ["host", "path"])
def test_an_app_that_is_paused_is_there_at_once(visitor, fallen_asleep, at, kind):
    page = visitor.new_page()
    answer = page.goto(at(kind).link(fallen_asleep("paused", {"pause_after": 1})))
    assert answer.status == 200, "the first that is seen is the app"
    greets(page)


@pytest.mark.parametrize("kind", ["host", "path"])
def test_the_page_of_an_app_that_is_stopped_says_so_and_becomes_the_app(visitor, fallen_asleep, at, kind):
    page = visitor.new_page()
    page.goto(at(kind).link(fallen_asleep("stopped", {"stop_after": 1})), wait_until="commit")
    expect(page.get_by_role("status")).to_contain_text(WAKING)
    greets(page)


def greets(page):
    """The app is there, and works."""
    page = Page(page)
    page.box("name").fill("Ada")
    page.press("Greet")
    expect(page.box("greeting")).to_have_value("Hello, Ada!")


def test_the_page_of_an_app_that_is_built_says_so_and_becomes_the_app(visitor, agent, at, begin, index):
    archive = plugins.plugin("built", app=CODE, requirements=index.requirements("held-page"))
    made = begin("built@1.0.0", archive)
    assert index.asked("held-page").wait(PATIENCE), "the build never asked for its package"
    record = next(record for record in agent.all("containers/") if record["plugin_release"] == "built@1.0.0")
    pages = [visitor.new_page() for _ in range(2)]
    for page, kind in zip(pages, ("host", "path")):
        page.goto(at(kind).link(record))
        expect(page.get_by_role("status")).to_contain_text(BUILDING)
    index.release("held-page")
    for page in pages:
        expect(page.get_by_role("heading", name="Hostile")).to_be_visible()
    assert made()["pk"] == record["pk"]
