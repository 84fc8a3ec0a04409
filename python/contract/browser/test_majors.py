"""Every major of Gradio in a real Chromium, at a host of its own and at a path: text, pictures, a stream, a state, a queue."""

import re
import struct
import zlib

import pytest
from playwright.sync_api import expect

from browser.conftest import MAJORS

# The colour of a picture, as a page sees them that has the bytes.
COLOUR = """async address => {
  const picture = await createImageBitmap(await (await fetch(address)).blob());
  const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
  canvas.drawImage(picture, 0, 0);
  return [...canvas.getImageData(picture.width / 2, picture.height / 2, 1, 1).data].slice(0, 3);
}"""
# Everything that is ever put into a box, in its order.
WATCH = """box => {
  const value = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(box), 'value');
  window.seen = [];
  Object.defineProperty(box, 'value', {
    get() { return value.get.call(this); },
    set(text) { if (text && seen.at(-1) !== text) seen.push(text); value.set.call(this, text); },
  });
}"""
TICKS = [f"tick {number} of 5" for number in range(1, 6)]


def png(side, colour):
    """A square of one colour."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = (b"\0" + bytes(colour) * side) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Page:
    """The plugin's page, as a person uses it."""

    def __init__(self, visitor, place, container):
        self.page = visitor.new_page()
        self.page.goto(place.link(container))
        expect(self.box("name")).to_be_visible()

    def box(self, name):
        return self.page.locator(f"#{name} textarea, #{name} input").first

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()


@pytest.fixture(scope="module", params=sorted(MAJORS), ids=lambda major: f"gradio-{major}")
def app(request, majors):
    return majors(request.param)


@pytest.fixture(scope="module")
def opened(chromium, place, app):
    """A page that tests use one after the other, as a person does."""
    with chromium.new_context(accept_downloads=True) as context:
        yield Page(context, place, app)


def test_text_goes_there_and_back(opened):
    opened.box("name").fill("서울")
    opened.press("Greet")
    expect(opened.box("greeting")).to_have_value("Hello, 서울!")


def test_a_picture_goes_up_and_comes_down(opened):
    page = opened.page
    page.locator("#picture input[type=file]").set_input_files(
        {"name": "그림 1.png", "mimeType": "image/png", "buffer": png(64, (255, 0, 0))}
    )
    expect(page.locator("#picture img")).to_be_visible()
    opened.press("Invert")
    expect(page.locator("#inverted img")).to_be_visible()
    address = page.locator("#inverted img").get_attribute("src")
    red, green, blue = page.evaluate(COLOUR, address)
    # Gradio sends pictures back in a form that is near enough.
    assert red < 50 and green > 200 and blue > 200, (red, green, blue)


def test_a_file_can_be_kept(opened):
    opened.box("name").fill("Ada")
    opened.press("Keep")
    link = opened.page.locator("#letter a").first
    expect(link).to_be_visible()
    with opened.page.expect_download() as download:
        link.click()
    with open(download.value.path(), "rb") as file:
        assert file.read() == b"Dear Ada"


def test_ticks_come_one_by_one(opened):
    opened.box("ticks").evaluate(WATCH)
    opened.press("Tick")
    expect(opened.box("ticks")).to_have_value(TICKS[-1])
    seen = opened.page.evaluate("seen")
    # A page that has no time to draw leaves some out.
    assert len(seen) > 1 and seen == [tick for tick in TICKS if tick in seen], seen


def test_a_state_is_each_visitors_own(opened, chromium, place, app):
    for clicks in (1, 2):
        opened.press("Count")
        expect(opened.box("counted")).to_have_value(f"clicked {clicks}")
    with chromium.new_context() as other:
        theirs = Page(other, place, app)
        theirs.press("Count")
        expect(theirs.box("counted")).to_have_value("clicked 1")
    opened.press("Count")
    expect(opened.box("counted")).to_have_value("clicked 3")


def test_several_viewers_wait_in_one_queue(visitor, place, app):
    viewers = [Page(visitor, place, app) for _ in range(3)]
    for viewer in viewers:
        viewer.press("Tick")
    for viewer in viewers:
        expect(viewer.box("ticks")).to_have_value(TICKS[-1])


def test_item_37_the_page_knows_its_public_address(opened, place, app):
    """Gradio 3 says a path where later ones say an address."""
    root = opened.page.evaluate("() => window.gradio_config.root")
    public = re.sub(r"\?.*", "", opened.page.url).rstrip("/")
    told = opened.page.evaluate("root => new URL(root || '/', location.href).href.replace(/\\/$/, '')", root)
    assert told == public
    assert public.startswith(place.of(app).rstrip("/"))


def test_item_44_an_app_sees_no_token_and_no_cookie_of_ours(opened, agent):
    opened.press("Tell")
    expect(opened.box("told")).to_have_value(re.compile("headers"))
    told = opened.box("told").input_value().lower()
    assert [cookie["name"] for cookie in opened.page.context.cookies()] != [], "there is one of ours"
    assert agent.token not in told and "synapse-app" not in told and "authorization" not in told
