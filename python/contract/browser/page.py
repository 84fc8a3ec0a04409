"""The page of every_major.py, as a person uses it."""

import json
import time

from playwright.sync_api import expect


class Page:
    """One page, which tests use one after the other."""

    def __init__(self, page):
        self.page = page
        # Whether it holds the stream by which an app notices that somebody left.
        self.beats = False
        # Seconds until it could be used; of those that were opened here.
        self.rendered = None
        page.on("request", self._look)

    @classmethod
    def open(cls, context, address):
        """Visits this address, and waits until the page can be used."""
        page = cls(context.new_page())
        begun = time.monotonic()
        page.page.goto(address)
        expect(page.box("name")).to_be_visible()
        page.rendered = time.monotonic() - begun
        return page

    def box(self, name):
        return self.page.locator(f"#{name} textarea, #{name} input").first

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def told(self):
        """What the app knows of this request: its headers, and who has left."""
        before = self.box("told").input_value()
        self.press("Tell")
        # No two answers are the same: the app numbers them.
        expect(self.box("told")).not_to_have_value(before)
        return json.loads(self.box("told").input_value())

    def _look(self, request):
        self.beats = self.beats or "/heartbeat/" in request.url
