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
KINDS = ("host", "path")


@pytest.fixture(scope="session")
def sleepy(begin, every_major):
    """An app of its own for every way to it."""
    begun = {kind: begin("gradio-6@1.0.0", every_major[6], model=model) for model, kind in enumerate(KINDS, 1)}
    return {kind: made() for kind, made in begun.items()}


@pytest.fixture
def fallen_asleep(agent, sleepy):
    """Lets them fall asleep together, and stay awake once they are woken."""
    addresses = [f"containers/{made['pk']}/" for made in sleepy.values()]
    look = lambda: [agent.get(address).json() for address in addresses]
    idles = lambda after: [agent.request("PATCH", address, json={"idle": after}) for address in addresses]

    def fall(tier, idle):
        idles(idle)
        are = lambda records: all((record["asleep"], record["status"]) == (tier, tier) for record in records)
        eventually(look, are, what=f"the apps {tier}")
        idles({})
        return sleepy

    yield fall
    assert [record["asleep"] for record in look()] == [None, None]


def test_an_app_that_is_paused_is_there_at_once(visitor, fallen_asleep, at):
    for kind, made in fallen_asleep("paused", {"pause_after": 1}).items():
        page = visitor.new_page()
        answer = page.goto(at(kind).link(made))
        assert answer.status == 200, "the first that is seen is the app"
        greets(page)


def test_the_page_of_an_app_that_is_stopped_says_so_and_becomes_the_app(visitor, fallen_asleep, at):
    pages = []
    for kind, made in fallen_asleep("stopped", {"stop_after": 1}).items():
        pages.append(visitor.new_page())
        pages[-1].goto(at(kind).link(made), wait_until="commit")
        expect(pages[-1].get_by_role("status")).to_contain_text(WAKING)
    for page in pages:
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
    for page, kind in zip(pages, KINDS):
        page.goto(at(kind).link(record))
        expect(page.get_by_role("status")).to_contain_text(BUILDING)
    index.release("held-page")
    for page in pages:
        expect(page.get_by_role("heading", name="Hostile")).to_be_visible(timeout=1000 * PATIENCE)
    assert made()["pk"] == record["pk"]
