"""Pages of every major where the internet is a firewall that drops what it does not like (security.md 2.7, item 47)."""

import pytest
from playwright.sync_api import expect
from support.wait import eventually

from browser.conftest import MAJORS

NAME = "#name textarea, #name input"


@pytest.fixture(scope="module", params=sorted(MAJORS), ids=lambda major: f"gradio-{major}")
def app(request, majors):
    return majors(request.param)


def test_item_47_a_page_waits_for_nobody_in_the_internet(visitor, place, app, silence):
    before = silence.calls()
    page = visitor.new_page()
    page.goto(place.link(app))
    expect(page.locator(NAME).first).to_be_visible()
    assert silence.calls() == before, "nobody was asked"


@pytest.mark.parametrize("major", [3, 4, 5])
def test_item_47_without_the_gateway_it_waits(visitor, majors, major, silence):
    """So that the test above can fail: the app itself, asked directly, waits for the silence."""
    before = silence.calls()
    page = visitor.new_page()
    page.goto(majors(major)["endpoint"], wait_until="commit")
    eventually(silence.calls, lambda calls: calls > before, what="the page asks the internet", patience=30)
    expect(page.locator(NAME)).to_have_count(0)
