"""The repository's examples in a real Chromium, at a host of their own and at a path."""

import json
import re

import pytest
from playwright.sync_api import expect
from support import plugins
from test_examples import STORY

from browser.test_majors import WATCH, png

RELEASES = {
    "seed": "my-plugin@1.0.0",
    "text-tools": "text-tools@1.0.0",
    "image-lab": "image-lab@1.0.0",
    "story-stream": "story-stream@1.0.0",
}


@pytest.fixture(scope="session")
def examples(begin):
    params = {"story-stream": {"params": json.dumps({"words_per_second": 20, "seed": 1})}}
    made = {name: begin(release, plugins.example(name), **params.get(name, {})) for name, release in RELEASES.items()}
    return lambda name: made[name]()


@pytest.fixture
def page(visitor, place, examples):
    def open_(name):
        page = visitor.new_page()
        page.goto(place.link(examples(name)))
        return page

    return open_


def test_text_tools_cleans_a_text(page):
    page = page("text-tools")
    page.get_by_label("Text", exact=True).fill("서울의   봄은\n“짧다”.")
    page.get_by_role("tab", name="Clean").click()
    page.get_by_role("button", name="Clean", exact=True).click()
    expect(page.get_by_label("Clean text")).to_have_value('서울의 봄은 "짧다".')


def test_image_lab_takes_a_picture_and_gives_one_back(page):
    page = page("image-lab")
    # It has a picture of its own at first.
    page.get_by_role("button", name="Remove Image").click()
    page.locator("input[type=file]").first.set_input_files(
        {"name": "picture.png", "mimeType": "image/png", "buffer": png(64, (0, 0, 255))}
    )
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("blue", exact=True).first).to_be_visible()
    expect(page.locator("img[alt=''], img").last).to_be_visible()


def test_story_stream_tells_word_by_word(page):
    page = page("story-stream")
    story = page.get_by_label("Story")
    story.evaluate(WATCH)
    page.get_by_role("button", name="Tell", exact=True).click()
    # Its first chapter; more of them follow.
    expect(story).to_have_value(re.compile("^" + re.escape(STORY)))
    steps = page.evaluate("seen")
    assert len(steps) > 1 and all(step.startswith(before) for before, step in zip(steps, steps[1:])), steps


def test_the_seeds_own_plugin_shows_that_it_fails(page):
    page = page("seed")
    expect(page.get_by_role("heading", name="My Plugin Playground")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Error", exact=True).first).to_be_visible()
