"""What everybody is owed: both languages, both themes, the keyboard alone, screen readers, small screens."""

import re

import pytest
from playwright.sync_api import expect
from support import plugins
from support.plugins import MIMIC
from support.wait import eventually

from browser.conftest import REPO

AXE = REPO / "web/node_modules/axe-core/axe.min.js"
PAGES = ("", "launch", "containers", "builds", "system", "play/{name}")
SCREENS = {"phone": (360, 740), "tablet": (900, 1000), "desktop": (1440, 900), "wide": (1920, 1080)}
HEADINGS = {"en": {"": "Gallery", "system": "System"}, "ko": {"": "갤러리", "system": "시스템"}}


@pytest.fixture(scope="module")
def apps(empty_agent, tmp_path_factory):
    """One that runs and one that failed."""
    folder, made = tmp_path_factory.mktemp("looks"), {}
    for code, app in (("looks", MIMIC), ("broken", 'raise RuntimeError("the weights are missing")\n')):
        file = folder / f"{code}.zip"
        file.write_bytes(plugins.plugin(code, app=app))
        with file.open("rb") as opened:
            answer = empty_agent.post("containers/", files={"file": opened}).json()
        empty_agent.finished(answer["build_id"])
        made[code] = {**answer, **empty_agent.get(f"containers/{answer['pk']}").json()}
    return made


# Whether a click on the middle of something meets it, and nothing that lies over it.
ON_TOP = """it => {
  const { x, y, width, height } = it.getBoundingClientRect();
  return it.contains(document.elementFromPoint(x + width / 2, y + height / 2));
}"""


# What stands before the value of each cell of a card.
LABELS = "cells => cells.map(it => getComputedStyle(it, '::before').content)"


def findings(page):
    """What axe finds that is serious or critical, in a few words each."""
    # Once a page: it is long.
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    # The app in the frame is its author's.
    run = "() => axe.run({exclude: [['iframe']]}, {resultTypes: ['violations']})"
    found = page.evaluate(run)["violations"]
    return [
        f"{it['id']}: {it['nodes'][0]['html'][:200]} {it['nodes'][0]['failureSummary'][:300]}"
        for it in found
        if it["impact"] in ("serious", "critical")
    ]


def findings_over(page, window, app):
    """The same of what opens over a page or beside it: a menu, dialogs, panels."""
    found = {}
    window.go(f"play/{app['name']}")
    for side in ("Logs", "Use by API"):
        page.get_by_role("button", name=side).click()
        expect(page.get_by_role("complementary")).to_be_visible()
        expect(page.get_by_text("Loading…")).to_have_count(0)
        found[side] = findings(page)
        bar = page.get_by_role("button", name=side).evaluate(ON_TOP)
        page.keyboard.press("Escape")
        assert bar, f"{side} covers its own button"
    page.get_by_role("button", name="Share").click()
    page.get_by_role("dialog").get_by_role("button", name="Make a link").click()
    expect(page.get_by_role("textbox", name="Link")).to_be_visible()
    found["share"] = findings(page)
    page.keyboard.press("Escape")
    window.go(f"containers/{app['pk']}")
    for tab in ("Logs", "Resources", "Events", "Docker"):
        page.get_by_role("complementary").get_by_role("tab", name=tab).click()
        expect(page.get_by_text("Loading…")).to_have_count(0)
        found[tab] = findings(page)
    window.go(f"launch?from={app['pk']}")
    found["settings"] = findings(page)
    window.go("")
    page.get_by_role("button", name="Actions for looks").click()
    expect(page.get_by_role("menu")).to_be_visible()
    found["menu"] = findings(page)
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found["dialog"] = findings(page)
    page.keyboard.press("Escape")
    return found


def test_what_a_panel_covers_is_out_of_reach(person, apps):
    window = person(viewport={"width": 390, "height": 844}).enter()
    page = window.page
    window.go(f"containers/{apps['looks']['pk']}")
    expect(page.get_by_role("complementary")).to_be_visible()
    row = page.get_by_role("row", name="looks")
    takes_focus = "row => { const it = row.querySelector('a, button, input'); it.focus(); return document.activeElement === it }"
    assert not row.evaluate(takes_focus), "the list below the panel can be reached"
    page.set_viewport_size({"width": 1440, "height": 900})
    eventually(lambda: row.evaluate(takes_focus), bool, what="the list beside the panel can be reached")


def test_what_would_go_is_cards_on_a_phone(person, apps):
    window = person(viewport=dict(zip(("width", "height"), SCREENS["phone"], strict=True))).enter("system")
    page = window.page
    name = "synapse/looks:1.0.0-with-a-name-that-is-longer-than-any-phone-is-wide"
    item = {"kind": "image", "name": name, "plugin_release": "looks@1.0.0", "reason": "unused", "bytes": 5 << 20}
    answer = {"dry_run": True, "bytes": 5 << 20, "items": [item]}
    page.route(re.compile("/cleanup[?]"), lambda route: route.fulfill(json=answer))
    page.get_by_role("button", name="What would go?").click()
    expect(page.get_by_text("nothing refers to it")).to_be_visible()
    expect(page.locator("thead")).to_be_hidden()
    assert page.locator("td").evaluate_all(LABELS) == ["none", '"Why"', '"Size"']
    assert page.locator(".scroll").evaluate("it => it.scrollWidth - it.clientWidth") == 0
    assert findings(page) == []


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(person, apps, theme, screen):
    width, height = SCREENS[screen]
    window = person(color_scheme=theme, viewport={"width": width, "height": height})
    page = window.page
    page.goto(window.address)
    expect(page.get_by_label("Token")).to_be_visible()
    found = {"login": findings(page)}
    window.enter()
    places = [place.format(name=apps["looks"]["name"]) for place in PAGES]
    places += [f"play/{apps['broken']['name']}", f"containers/{apps['looks']['pk']}", f"launch/{apps['broken']['build_id']}"]
    for place in places:
        window.go(place)
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        expect(page.get_by_text("Loading…")).to_have_count(0)
        found[place] = findings(page)
        width_of_all = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width_of_all <= 0, f"{place} is wider than the screen by {width_of_all}"
    found |= findings_over(page, window, apps["looks"])
    assert {place: it for place, it in found.items() if it} == {}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_browsers_language_is_spoken_and_the_other_at_once(person, apps, language):
    locale, other = {"en": ("en-US", "ko"), "ko": ("ko-KR", "en")}[language]
    window = person(locale=locale).enter()
    page = window.page
    for spoken in (language, other, language):
        expect(page.locator("html")).to_have_attribute("lang", spoken)
        expect(page.get_by_role("heading", level=1)).to_have_text(HEADINGS[spoken][""])
        page.get_by_role("button", name="한국어" if spoken == "en" else "English").click()
    # What was chosen last is kept.
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", other)


def test_in_korean_no_word_of_the_page_is_english(person, apps):
    """Every word on every page is Korean but names, numbers and what is called so everywhere."""
    known = re.compile(
        r"Synapse|Playground|English|Agent|Docker|Gradio|seccomp|API|MiB|GiB|KiB|CPU|GPU|JSON|zip|PLUGIN_PARAMS|"
        r"config\.yaml|plugin|gradio_interface\.py|requirements\.txt|standard|strict|docker|agent|synapse-gradio-base|latest|"
        r"localhost|RuntimeError|weights|missing|looks|broken|neural_net|custom|[a-z]+_[a-z]+|[0-9a-f-]{8,}"
    )
    window = person(locale="ko-KR").enter()
    for place in ("", "launch", "builds", "system", "containers"):
        window.go(place)
        expect(window.page.get_by_text("불러오는 중…")).to_have_count(0)
        text = window.page.locator("body").inner_text()
        english = [word for word in re.findall(r"[A-Za-z][A-Za-z_.-]{3,}", known.sub("", text))]
        if place in ("system",):
            english = [word for word in english if word[0].islower() and word not in ("bookworm", "dfsg")]
        assert english == [], f"{place}: {english}"


def test_the_theme_follows_the_system_until_somebody_chooses(person, apps):
    window = person(color_scheme="dark").enter()
    page = window.page
    html = page.locator("html")
    expect(html).to_have_attribute("data-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(html).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="Dark theme").click()
    expect(html).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(html).to_have_attribute("data-theme", "dark")


def focused(page):
    return page.evaluate("() => (document.activeElement.ariaLabel || document.activeElement.innerText || '').trim()")


def tab_to(page, name, most=60):
    """Presses Tab until something of this name has the focus, which can then be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if re.fullmatch(name, focused(page)):
            outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
            after = page.evaluate("() => getComputedStyle(document.activeElement, '::after').outlineStyle")
            assert "none" not in (outline,) or after != "none", f"the focus on {name} is not seen"
            return
    raise AssertionError(f"Tab never reached {name}")


def test_the_keyboard_is_enough(person, apps):
    """From the first key to a stopped and started app, without a mouse."""
    window = person()
    page = window.page
    page.goto(window.address)
    page.get_by_label("Token").focus()
    page.keyboard.type(window.agent.token)
    page.keyboard.press("Enter")
    expect(window.card("looks")).to_be_visible()

    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to content", "the first stop"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"

    tab_to(page, "Actions for looks")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Restart")).to_be_focused()
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Stop"
    page.keyboard.press("Enter")
    window.state(window.card("looks"), "stopped")
    assert focused(page) == "Actions for looks", "the focus is back where it was"

    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    page.keyboard.press("Tab")
    # Enter on its name starts it and goes to it.
    page.keyboard.press("Shift+Tab")
    tab_to(page, "looks")
    page.keyboard.press("Enter")
    window.state(window.bar(), "running")
    expect(page.locator("iframe")).to_be_visible()

    page.evaluate("() => document.getElementById('main').focus()")
    tab_to(page, "Share")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = page.evaluate("() => document.activeElement === document.body || !!document.activeElement.closest('dialog')")
        assert inside, "the focus left an open dialog"
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert focused(page) == "Share"


def test_a_screen_reader_hears_what_changed(person, apps):
    window = person().enter()
    window.state(window.card("looks"), "running")
    heard = window.page.locator("[role=status]").filter(has_text=re.compile(f"{apps['looks']['name']}: "))
    window.act(window.card("looks"), "Stop")
    expect(heard).to_have_text(f"{apps['looks']['name']}: Stopped")
    window.act(window.card("looks"), "Start")
    expect(heard).to_have_text(f"{apps['looks']['name']}: Running")


TURNING = "() => document.getAnimations().filter(it => it.playState === 'running' && it.effect.getTiming().duration > 1).length"


def test_who_asked_for_less_motion_gets_none(person, tmp_path):
    """Beside an app that starts for as long as it is looked at."""
    file = tmp_path / "starts.zip"
    file.write_bytes(plugins.plugin("starts", app="import time\ntime.sleep(600)\n"))
    window = person().enter()
    with file.open("rb") as opened:
        made = window.agent.post("containers/", files={"file": opened}, headers={"Prefer": "respond-async"}).json()
    starting = "[data-stage=starting].active"
    window.go(f"launch/{made['build_id']}")
    expect(window.page.locator(starting)).to_be_visible(timeout=120_000)
    assert window.page.evaluate(TURNING) > 0, "something turns, or nothing is tested"
    still = person(reduced_motion="reduce").enter(f"launch/{made['build_id']}").page
    expect(still.locator(starting)).to_be_visible()
    assert still.evaluate(TURNING) == 0
    window.agent.delete(f"containers/{made['pk']}/")
