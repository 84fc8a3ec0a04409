"""Who leaves a page is gone for its app at once (security.md 2.7, item 39)."""

import json

import pytest
from gradio_client import Client as GradioClient
from playwright.sync_api import expect
from support.wait import eventually


@pytest.mark.parametrize("major", [4, 5, 6])
def test_item_39_who_closes_the_page_has_left(visitor, majors, major, place, at, agent):
    """Gradio 3 has nothing that runs then."""
    headers = {"Authorization": f"Bearer {agent.token}"}
    client = GradioClient(at("host").of(majors(major)), headers=headers, verbose=False)
    left = lambda: len(json.loads(client.predict(api_name="/seen"))["left"])
    try:
        before = left()
        page = visitor.new_page()
        with page.expect_request(lambda request: "/heartbeat/" in request.url):
            page.goto(place.link(majors(major)))
        expect(page.locator("#name textarea, #name input").first).to_be_visible()
        page.close()
        eventually(left, lambda now: now > before, what="what the app does when somebody has left", patience=20)
    finally:
        client.close()
