"""Several people at one app: they wait in its one queue, and each gets the whole stream."""

import pytest
from playwright.sync_api import expect

from browser.conftest import MAJORS
from browser.page import Page
from browser.test_majors import TICKS


@pytest.mark.parametrize("major", sorted(MAJORS))
def test_several_viewers_wait_in_one_queue(visitor, at, majors, major):
    address = at("path").link(majors(major))
    viewers = [Page.open(visitor, address) for _ in range(3)]
    for viewer in viewers:
        viewer.press("Tick")
    for viewer in viewers:
        expect(viewer.box("ticks")).to_have_value(TICKS[-1])
