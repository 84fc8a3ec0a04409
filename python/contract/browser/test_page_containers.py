"""The operator's page: many containers at once, and one in detail."""

import re

import pytest
from playwright.sync_api import expect
from support import plugins
from support.plugins import MIMIC

MODELS = 6


@pytest.fixture(scope="module")
def fleet(empty_agent, tmp_path_factory):
    """Six containers of one release; one has a label of its own."""
    file = tmp_path_factory.mktemp("fleet") / "fleet.zip"
    file.write_bytes(plugins.plugin("fleet", app=MIMIC))
    made = []
    for model in range(MODELS):
        fields = {"model": str(model), "labels": "canary" if model == 3 else "plain"}
        with file.open("rb") as opened:
            made.append(empty_agent.post("containers/", data=fields, files={"file": opened}).json())
    for it in made:
        empty_agent.finished(it["build_id"])
    return made


@pytest.fixture
def table(person, fleet):
    window = person(viewport={"width": 1440, "height": 900}).enter("containers")
    expect(window.page.get_by_role("table").get_by_role("row")).to_have_count(MODELS + 1)
    return window


def rows(window):
    return window.page.get_by_role("table").get_by_role("row").filter(has=window.page.get_by_role("cell"))


def models(window):
    return rows(window).locator("[aria-colindex='3']").all_inner_texts()


def test_columns_sort_both_ways_and_say_so(table):
    heading = table.page.get_by_role("columnheader", name=re.compile("Model"))
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    assert models(table) == [str(model) for model in range(MODELS)]
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    assert models(table) == [str(model) for model in reversed(range(MODELS))]


def test_the_filter_finds_names_labels_and_states(table):
    search = table.page.get_by_role("searchbox", name=re.compile("Filter by"))
    search.fill("canary")
    expect(rows(table)).to_have_count(1)
    assert models(table) == ["3"]
    search.fill("running")
    expect(rows(table)).to_have_count(MODELS)
    search.fill("no such container")
    expect(table.page.get_by_text("No container matches")).to_be_visible()


def test_many_are_stopped_started_and_restarted_at_once(table, empty_agent):
    page = table.page
    page.get_by_role("checkbox", name="Select all that are shown").check()
    expect(page.get_by_text(f"{MODELS} selected").first).to_be_visible()
    for action, state in (("Stop", "stopped"), ("Start", "running")):
        page.get_by_role("button", name=f"{action} {MODELS}").click()
        expect(rows(table).locator(f"[data-state={state}]")).to_have_count(MODELS)
    before = {it["pk"]: it["updated_at"] for it in empty_agent.all("containers/")}
    page.get_by_role("button", name=f"Restart {MODELS}").click()
    expect(page.get_by_text(f"{MODELS} containers restarted")).to_be_visible()
    after = {it["pk"]: it["updated_at"] for it in empty_agent.all("containers/")}
    assert all(after[pk] > before[pk] for pk in before)


def test_a_range_is_selected_with_shift(table):
    boxes = rows(table).get_by_role("checkbox")
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(table.page.get_by_text("4 selected").first).to_be_visible()


def test_one_in_detail_by_the_keyboard(table):
    page = table.page
    row = rows(table).first
    row.focus()
    page.keyboard.press("ArrowDown")
    expect(rows(table).nth(1)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_text("1 selected").first).to_be_visible()
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Details")
    expect(panel).to_be_visible()
    panel.get_by_role("tab", name="Overview").focus()
    for tab in ("Logs", "Resources", "Events", "Docker"):
        page.keyboard.press("ArrowRight")
        expect(panel.get_by_role("tab", name=tab)).to_be_focused()
        expect(panel.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
    # What Docker says of it, which is asked for when it is wanted.
    expect(panel.get_by_text("HostConfig").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(rows(table).nth(1)).to_be_focused()


def test_the_focus_goes_back_to_the_list_that_the_details_covered(person, fleet):
    window = person(viewport={"width": 900, "height": 900}).enter("containers")
    page = window.page
    panel = page.get_by_role("complementary", name="Details")
    for close in (lambda: page.keyboard.press("Escape"), panel.get_by_role("button", name="Close").click):
        rows(window).nth(2).focus()
        page.keyboard.press("Enter")
        expect(panel.get_by_role("heading", level=2)).to_be_focused()
        close()
        expect(rows(window).nth(2)).to_be_focused()


def test_what_a_container_uses_is_drawn_as_it_comes(table):
    rows(table).first.get_by_role("link").first.click()
    panel = table.page.get_by_role("complementary", name="Details")
    panel.get_by_role("tab", name="Resources").click()
    expect(panel.locator("canvas").first).to_be_visible()
    memory = panel.get_by_text(re.compile(r"\d+(\.\d+)? MiB now")).first
    expect(memory).to_be_visible()
    expect(panel.get_by_text(re.compile(r"\d.* % now")).first).to_be_visible()


def test_many_are_deleted_after_a_question_that_names_how_many(table, empty_agent):
    page = table.page
    rows(table).get_by_role("checkbox").nth(0).check()
    rows(table).get_by_role("checkbox").nth(1).check()
    page.get_by_role("button", name="Delete 2").click()
    dialog = page.get_by_role("dialog", name="Delete 2 containers?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(rows(table)).to_have_count(MODELS)
    page.get_by_role("button", name="Delete 2").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(rows(table)).to_have_count(MODELS - 2)
    expect(page.locator("#main")).to_be_focused()
    assert len(empty_agent.all("containers/")) == MODELS - 2


def test_whoever_deletes_what_they_look_at_is_back_at_the_list(person, fleet, empty_agent):
    left = empty_agent.all("containers/")
    window = person().enter(f"containers/{left[0]['pk']}")
    page = window.page
    panel = page.get_by_role("complementary", name="Details")
    window.act(panel, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(rows(window)).to_have_count(len(left) - 1)
    expect(panel).to_have_count(0)
    expect(page.locator("#main")).to_be_focused()


def test_whoever_goes_elsewhere_while_it_is_deleted_stays_there(person, fleet, empty_agent):
    left = empty_agent.all("containers/")
    window = person().enter(f"containers/{left[0]['pk']}")
    page = window.page
    held = []
    is_deletion = lambda request: request.method == "DELETE"
    page.route("**/containers/*", lambda route: held.append(route) if is_deletion(route.request) else route.continue_())
    window.act(page.get_by_role("complementary", name="Details"), "Delete")
    with page.expect_request(is_deletion):
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("link", name="Builds").click()
    expect(page.get_by_role("heading", name="Builds")).to_be_visible()
    held[0].continue_()
    expect(page.get_by_text("1 container deleted")).to_be_visible()
    expect(page).to_have_url(re.compile("#/builds$"))
