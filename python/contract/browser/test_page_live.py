"""The page follows what happens: in other windows, in the API, and when the Agent dies under it."""

import json
import re
import time

import pytest
from playwright.sync_api import expect
from support import plugins
from support.plugins import MIMIC

READY = 120_000


@pytest.fixture(scope="module")
def mimic(empty_agent, tmp_path_factory):
    file = tmp_path_factory.mktemp("live") / "live.zip"
    file.write_bytes(plugins.plugin("live", app=MIMIC))
    with file.open("rb") as opened:
        made = empty_agent.post("containers/", files={"file": opened}).json()
    empty_agent.finished(made["build_id"])
    return empty_agent.get(f"containers/{made['pk']}").json()


def test_two_windows_see_each_others_changes(person, mimic):
    here, there = person().enter(), person().enter()
    window_state = lambda window, state: window.state(window.card("live"), state)
    window_state(here, "running")
    window_state(there, "running")
    here.act(here.card("live"), "Stop")
    window_state(here, "stopped")
    begun = time.monotonic()
    window_state(there, "stopped")
    print(f"seen in the other window {1000 * (time.monotonic() - begun):.0f} ms after this one")
    there.act(there.card("live"), "Start")
    window_state(there, "running")
    window_state(here, "running")


def test_a_visitor_is_seen_while_they_look(person, mimic):
    window, other = person().enter(), person().enter("play/" + mimic["name"])
    expect(other.page.get_by_title("Viewers")).to_have_text(re.compile("1"))
    expect(window.card("live")).to_contain_text("1 viewer")
    other.go("builds")
    expect(window.card("live")).not_to_contain_text("viewer")


def test_the_agent_is_killed_and_started_under_the_page(person, mimic):
    window = person().enter()
    lost = window.page.get_by_text(re.compile("The connection to the Agent is lost"))
    window.state(window.card("live"), "running")
    window.agent.kill()
    expect(lost).to_be_visible()
    window.agent.start()
    expect(lost).to_have_count(0)
    # Nobody was logged out, nothing was loaded anew, and what happens now is seen.
    window.act(window.card("live"), "Stop")
    window.state(window.card("live"), "stopped")
    window.act(window.card("live"), "Start")
    window.state(window.card("live"), "running")


def test_nothing_is_asked_for_while_nothing_happens(person, mimic):
    """No polling: one connection, and silence on it."""
    window = person().enter()
    window.state(window.card("live"), "running")
    asked = []
    window.page.on("request", lambda request: asked.append(request.url))
    # The stream says that it lives every 15 seconds; that is no request.
    window.page.wait_for_timeout(5_000)
    assert asked == []


def test_a_log_is_followed_searched_and_saved(person, mimic):
    window = person().enter("play/" + mimic["name"])
    page = window.page
    page.get_by_role("button", name="Logs").click()
    log = page.get_by_role("region", name=re.compile("^Log of "))
    expect(log.locator(".line").first).to_be_visible()
    first = log.locator(".line").first.inner_text().split()[0]
    page.get_by_role("searchbox", name="Find in log").fill(first)
    expect(log.locator("mark").first).to_have_text(re.compile(re.escape(first), re.I))
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download").click()
    assert saved.value.suggested_filename == f"{mimic['name']}.log"
    assert first in saved.value.path().read_text()


def test_what_opens_beside_an_app_gives_the_focus_back(person, mimic):
    page = person().enter("play/" + mimic["name"]).page
    beside = page.get_by_role("complementary")
    for side in ("Logs", "Use by API"):
        button = page.get_by_role("button", name=side)
        button.click()
        beside.get_by_role("button", name="Close").focus()
        page.keyboard.press("Escape")
        expect(button).to_be_focused()
        button.click()
        beside.get_by_role("button", name="Close").click()
        expect(button).to_be_focused()


def test_a_text_is_marked_beyond_the_edge_of_its_dialog(person, mimic):
    """The press began in the dialog, so it stays; one beside it closes it."""
    page = person().enter("play/" + mimic["name"]).page
    page.get_by_role("button", name="Share").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Make a link").click()
    link = dialog.get_by_role("textbox", name="Link")
    expect(link).to_be_visible()
    # Not the link's own field: a press that began in one is no click elsewhere.
    box = dialog.get_by_text("It works until").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(5, 5)
    page.mouse.up()
    expect(link).to_be_visible()
    page.mouse.click(5, 5)
    expect(dialog).to_have_count(0)


def test_who_logs_out_is_out_in_every_window(person, mimic, chromium):
    window = person().enter()
    page = window.page
    other = page.context.new_page()
    other.goto(window.address)
    expect(other.get_by_role("navigation")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    for out in (page, other):
        expect(out.get_by_label("Token")).to_be_visible()
    other.close()
    page.reload()
    expect(page.get_by_label("Token")).to_be_visible()
    page.get_by_label("Token").fill("a wrong one")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("this is no token of this Agent")).to_be_visible()
    page.get_by_label("Token").fill(window.agent.token)
    page.get_by_role("button", name="Log in").click()
    window.state(window.card("live"), "running")
    assert window.agent.token not in page.evaluate("() => JSON.stringify({...localStorage, ...sessionStorage})")


def test_a_link_logs_in_once(person, mimic):
    window = person()
    code = window.agent.post("session/codes/").json()["url"].rpartition("/")[2]
    for window, works in ((window, True), (person(), False)):
        window.page.goto(f"{window.address}#/login/{code}")
        if works:
            expect(window.card("live")).to_be_visible()
        else:
            expect(window.page.get_by_text("this link was used already")).to_be_visible()
        expect(window.page).not_to_have_url(re.compile(code))


def test_a_link_that_was_used_logs_nobody_out(person, mimic):
    """The address in a terminal is clicked twice."""
    window = person().enter()
    code = window.agent.post("session/codes/").json()["url"].rpartition("/")[2]
    for _ in range(2):
        window.page.goto(f"{window.address}#/login/{code}")
        expect(window.card("live")).to_be_visible()
        expect(window.page).not_to_have_url(re.compile(code))
    expect(window.page.get_by_text("this link was used already")).to_be_visible()
    window.state(window.card("live"), "running")


def test_the_api_is_called_as_the_page_shows_it(person, mimic, tmp_path):
    """Python and curl run as shown: with a real Gradio app, whose functions the page tells of."""
    import subprocess
    import sys

    window = person().enter("launch")
    page = window.page
    file = tmp_path / "text-tools.zip"
    file.write_bytes(plugins.example("text-tools"))
    window.drop(file)
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.locator("iframe")).to_be_visible(timeout=READY)
    page.get_by_role("button", name="Use by API").click()
    page.get_by_label("Function").select_option(label="/clean")
    shown = {name: page.locator("pre[aria-label='%s']" % name).inner_text() for name in ("Python", "curl")}
    python = subprocess.run([sys.executable, "-c", shown["Python"]], capture_output=True, text=True, timeout=60)
    assert python.returncode == 0, python.stderr
    curl = subprocess.run(["bash", "-c", shown["curl"]], capture_output=True, text=True, timeout=60)
    assert "event: complete" in curl.stdout, (curl.stdout, curl.stderr)
    # Both have the same answer: Python prints it, curl has it as JSON.
    (data,) = [line for line in curl.stdout.splitlines() if line.startswith("data: ")]
    assert json.loads(data.removeprefix("data: "))[0] == python.stdout.strip().splitlines()[-1]
