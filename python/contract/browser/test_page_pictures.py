"""Pictures of the page as it is: looked at by people, and in the documentation (`cargo xtask pictures`).

That each of these places can be reached and shown is all that is tested here; how they look is for eyes.
"""

import json
import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from support import plugins
from support.plugins import MIMIC
from support.sse import events

BROKEN = "import torch\n\nfrom plugin.model import load\n"
# A create that is not held until the app is there.
AT_ONCE = {"Prefer": "respond-async"}
# How much of a curve there is to draw: in a picture that somebody looks at, more than a beginning.
SAMPLES = 10 if "PLAYGROUND_PICTURES" in os.environ else 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = Path(os.environ.get("PLAYGROUND_PICTURES") or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def apps(empty_agent, tmp_path_factory):
    """Some that run, one that failed, one that is stopped: begun together."""
    archives, answers = tmp_path_factory.mktemp("archives"), {}
    for code in ("image-lab", "text-tools", "story-stream", "sentiment", "style-transfer"):
        file = archives / f"{code}.zip"
        if code == "sentiment":
            file.write_bytes(plugins.plugin(code, app=BROKEN))
        elif code == "style-transfer":
            file.write_bytes(plugins.plugin(code, app=MIMIC))
        else:
            file.write_bytes(plugins.example(code))
        with file.open("rb") as opened:
            answers[code] = empty_agent.post("containers/", headers=AT_ONCE, files={"file": opened}).json()
    for answer in answers.values():
        empty_agent.finished(answer["build_id"])
    made = {code: {**answer, **empty_agent.get(f"containers/{answer['pk']}").json()} for code, answer in answers.items()}
    empty_agent.request("PATCH", f"containers/{made['style-transfer']['pk']}", json={"status": "stopped"})
    return made


@pytest.fixture
def take(person, folder):
    """Takes a picture of a place once it shows something."""

    def take(name, place, shows, *, act=None, **wishes):
        window = person(viewport={"width": 1200, "height": 750}, **wishes).enter(place)
        if act:
            act(window.page)
        expect(shows(window.page)).to_be_visible(timeout=60_000)
        # Fonts and frames that were just put there are painted.
        window.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        window.page.screenshot(path=folder / f"{name}.png", animations="disabled")
        assert (folder / f"{name}.png").stat().st_size < 250_000, "a picture for a repository is small"

    return take


def test_the_gallery(take, apps):
    take("gallery", "", lambda page: page.get_by_role("article").nth(4))


def test_the_gallery_in_korean_and_dark(take, apps):
    take("gallery-ko", "", lambda page: page.get_by_role("article").nth(4), locale="ko-KR", color_scheme="dark")


def test_an_app(take, apps):
    act = lambda page: page.get_by_role("button", name="Use by API").click()
    shows = lambda page: page.locator("pre[aria-label=Python]")
    place = f"play/{apps['text-tools']['name']}"

    def whole(page):
        act(page)
        expect(page.frame_locator("iframe").get_by_role("button", name="Count", exact=True)).to_be_visible()

    take("play", place, shows, act=whole)


def test_a_launch_that_failed(take, apps):
    shows = lambda page: page.get_by_role("region", name="Why it failed")
    take("launch-failed", f"launch/{apps['sentiment']['build_id']}", shows)


def used(agent, container, samples):
    """Waits until so much is known of what a container uses."""
    known = set()
    for _, data in events(agent.get(f"events/?stats={container['pk']}", stream=True)):
        known |= {sample["at"] for sample in json.loads(data).get("samples", [])}
        if len(known) >= samples:
            return


def test_the_containers(take, apps, empty_agent):
    used(empty_agent, apps["image-lab"], SAMPLES)
    act = lambda page: page.get_by_role("tab", name="Resources").click()
    shows = lambda page: page.locator("aside canvas").first
    take("containers", f"containers/{apps['image-lab']['pk']}", shows, act=act, color_scheme="dark")


def test_the_system(take, apps):
    take("system", "system", lambda page: page.get_by_text(re.compile("free of")).first)
