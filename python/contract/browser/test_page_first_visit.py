"""A new visitor on an empty system, from the first look to an empty system again."""

import re

from playwright.sync_api import expect


def test_an_example_is_one_click_away_and_everything_can_be_done_with_it(person):
    window = person()
    page = window.enter().page
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Try Text tools", re.I)).click()

    # Building, starting, ready: the page goes with it, to the app.
    expect(page.get_by_role("heading", name=re.compile("text-tools@"))).to_be_visible()
    expect(page.locator("[data-stage=building].active, [data-stage=starting].active").first).to_be_visible()
    expect(page.locator("iframe")).to_be_visible(timeout=120_000)
    window.state(window.bar(), "running")

    # The app in its frame works, and its visitor is seen.
    app = window.frame()
    app.get_by_label("Text", exact=True).fill("one two three")
    app.get_by_role("button", name="Count", exact=True).click()
    expect(app.get_by_text(re.compile(r"words.*\b3\b", re.S)).first).to_be_visible()
    expect(page.get_by_title("Viewers")).to_have_text(re.compile(r"[1-9]"))

    page.get_by_role("button", name="Logs").click()
    log = page.get_by_role("region", name=re.compile("^Log of "))
    expect(log).to_contain_text(re.compile("Running on|Uvicorn|127.0.0.1|0.0.0.0"))
    page.keyboard.press("Escape")
    expect(log).to_have_count(0)

    bar = window.bar()
    window.act(bar, "Stop")
    window.state(bar, "stopped")
    expect(page.locator("iframe")).to_have_count(0)
    page.get_by_role("button", name="Start", exact=True).click()
    window.state(bar, "running")
    expect(window.frame().get_by_label("Text", exact=True)).to_be_visible()

    window.act(bar, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    assert window.agent.all("containers/") == []
