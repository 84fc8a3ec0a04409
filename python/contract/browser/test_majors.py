"""Every major of Gradio in a real Chromium, at a host of its own and at a path: text, pictures, a stream, a state, a queue."""

import re
import struct
import zlib

import pytest
from playwright.sync_api import expect
from support.wait import eventually

from browser.conftest import MAJORS
from browser.page import Page

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


@pytest.fixture(scope="module", params=sorted(MAJORS), ids=lambda major: f"gradio-{major}")
def major(request):
    return request.param


@pytest.fixture(scope="module")
def app(majors, major):
    return majors(major)


@pytest.fixture(scope="module")
def silent_before(silence):
    """How many calls the silent host had before any of these pages."""
    return silence.calls()


@pytest.fixture(scope="module")
def opened(chromium, place, app, silent_before):
    """A page that tests use one after the other, as a person does."""
    with chromium.new_context(accept_downloads=True) as context:
        yield Page.open(context, place.link(app))


@pytest.fixture(scope="module")
def another(chromium, place, app, silent_before):
    """The page of somebody else, who leaves at last."""
    with chromium.new_context() as context:
        yield Page.open(context, place.link(app))


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


def test_a_state_is_each_visitors_own(opened, another):
    for clicks in (1, 2):
        opened.press("Count")
        expect(opened.box("counted")).to_have_value(f"clicked {clicks}")
    another.press("Count")
    expect(another.box("counted")).to_have_value("clicked 1")
    opened.press("Count")
    expect(opened.box("counted")).to_have_value("clicked 3")


def test_item_37_the_page_knows_its_public_address(opened, place, app):
    """Gradio 3 says a path where later ones say an address."""
    root = opened.page.evaluate("() => window.gradio_config.root")
    public = re.sub(r"\?.*", "", opened.page.url).rstrip("/")
    told = opened.page.evaluate("root => new URL(root || '/', location.href).href.replace(/\\/$/, '')", root)
    assert told == public
    assert public.startswith(place.of(app).rstrip("/"))


def test_item_44_an_app_sees_no_token_and_no_cookie_of_ours(opened, agent):
    told = str(opened.told()["headers"]).lower()
    assert [cookie["name"] for cookie in opened.page.context.cookies()] != [], "there is one of ours"
    assert agent.token not in told and "synapse-app" not in told and "authorization" not in told


def test_item_47_a_page_waits_for_nobody_in_the_internet(opened, another, silence, silent_before, place, major):
    print(f"Gradio {major}, {place.kind}: {opened.rendered:.2f} s and {another.rendered:.2f} s until it could be used")
    assert silence.calls() == silent_before, "nobody was asked"


def test_item_39_who_closes_the_page_has_left(opened, another, major):
    if major == 3:
        assert not another.beats, "Gradio 3 has nothing that runs when somebody has left"
        return
    if not another.beats:
        another.page.wait_for_event("request", lambda request: "/heartbeat/" in request.url)
    before = len(opened.told()["left"])
    another.page.close()
    left = lambda: len(opened.told()["left"])
    eventually(left, lambda now: now > before, what="what the app does when somebody has left")
