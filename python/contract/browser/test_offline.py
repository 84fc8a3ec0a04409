"""The other half of item 47 (docs/security.md), which `test_majors.py` shows through the gateway: it can fail."""

import pytest
from playwright.sync_api import expect
from support.wait import eventually


@pytest.mark.parametrize("major", [3, 4, 5])
def test_item_47_without_the_gateway_it_waits(visitor, majors, major, silence):
    """The app itself, asked directly, waits for the silence."""
    before = silence.calls()
    page = visitor.new_page()
    page.goto(majors(major)["endpoint"], wait_until="commit")
    eventually(silence.calls, lambda calls: calls > before, what="the page asks the internet", patience=30)
    expect(page.locator("#name textarea, #name input")).to_have_count(0)
