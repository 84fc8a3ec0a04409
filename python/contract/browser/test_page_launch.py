"""Launching by dropping, choosing and editing; and what people are told when a plugin is wrong."""

import io
import json
import os
import re
import tarfile
import zipfile

import pytest
from playwright.sync_api import expect
from support import plugins
from support.plugins import EXAMPLES, MIMIC, config

READY = 120_000


@pytest.fixture
def written(tmp_path):
    """A plugin's archive as a file."""

    def written(code, **plugin):
        file = tmp_path / f"{code}.zip"
        file.write_bytes(plugins.plugin(code, **plugin))
        return file

    return written


@pytest.fixture
def unpacked(tmp_path):
    """A plugin's folder, as its author has it: with what only belongs to a workplace."""

    def unpacked(code, **plugin):
        folder = tmp_path / code
        with zipfile.ZipFile(io.BytesIO(plugins.plugin(code, **plugin))) as archive:
            archive.extractall(folder)
        for left_over in (".git/HEAD", "plugin/__pycache__/gradio_interface.cpython-312.pyc", ".venv/bin/python"):
            file = folder / left_over
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("nothing of a plugin's")
        return folder

    return unpacked


def choose(page, file):
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose an archive").click()
    chooser.value.set_files(file)


def launch(window):
    window.page.get_by_role("button", name="Launch", exact=True).click()


def test_a_zip_is_dropped_and_becomes_an_app(person, written):
    window = person().enter("launch")
    window.drop(written("dropped-zip", app=MIMIC))
    expect(window.page.get_by_text("dropped-zip.zip")).to_be_visible()
    launch(window)
    expect(window.page.locator("iframe")).to_be_visible(timeout=READY)
    window.state(window.bar(), "running")


def test_a_folder_is_dropped_and_what_belongs_to_it_is_packed(person, unpacked):
    window = person().enter("launch")
    window.drop(unpacked("dropped-folder", app=MIMIC))
    expect(window.page.get_by_text("dropped-folder.zip")).to_be_visible()
    # config.yaml, the package, and the interface.
    expect(window.page.get_by_text("3 files")).to_be_visible()
    launch(window)
    expect(window.page.locator("iframe")).to_be_visible(timeout=READY)


def test_a_folder_is_chosen_instead_of_dropped(person, unpacked):
    window = person().enter("launch")
    with window.page.expect_file_chooser() as chooser:
        window.page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(unpacked("chosen-folder", app=MIMIC))
    expect(window.page.get_by_text("3 files")).to_be_visible()
    launch(window)
    expect(window.page.locator("iframe")).to_be_visible(timeout=READY)


def test_settings_are_given_and_changed_and_a_secret_is_never_shown_again(person, written, ask):
    window = person().enter("launch")
    page = window.page
    window.drop(written("settled"))
    page.get_by_text("Settings", exact=True).click()
    page.get_by_label("Params").fill('{"greeting": "안녕"}')
    page.get_by_label("Labels").fill("demo, 데모")
    page.get_by_role("button", name="Add a variable").click()
    page.get_by_label("Name", exact=True).fill("HF_TOKEN")
    page.get_by_label("Value of HF_TOKEN").fill("canary-in-the-page")
    assert page.get_by_label("Value of HF_TOKEN").get_attribute("type") == "password"
    launch(window)
    expect(page.locator("iframe")).to_be_visible(timeout=READY)
    (made,) = [it for it in window.agent.all("containers/") if it["plugin_release"].startswith("settled")]
    assert made["params"] == {"greeting": "안녕"} and made["labels"] == ["demo", "데모"]

    window.act(window.bar(), "Edit settings")
    expect(page.get_by_label("Value of HF_TOKEN")).to_have_value("********")
    assert "canary-in-the-page" not in page.content()
    page.get_by_label("Params").fill('{"greeting": "hello"}')
    launch(window)
    expect(page.locator("iframe")).to_be_visible(timeout=READY)
    changed = window.agent.get(f"containers/{made['pk']}").json()
    assert changed["params"] == {"greeting": "hello"} and changed["host_port"] == made["host_port"]
    # What was masked is as it was: the app itself has it.
    assert json.loads(ask(changed, "env", names=["HF_TOKEN"])) == {"HF_TOKEN": b"canary-in-the-page".hex()}


def test_what_cannot_be_filled_in_is_said_beside_the_field(person, written):
    page = person().enter("launch").page
    window = page
    page.get_by_role("group", name="Plugin to launch").wait_for()
    choose(page, written("fields", app=MIMIC))
    page.get_by_text("Settings", exact=True).click()
    page.get_by_label("Params").fill("[1, 2]")
    expect(window.get_by_text("This is no JSON object.")).to_be_visible()
    expect(page.get_by_role("button", name="Launch", exact=True)).to_be_disabled()


LINE = {"offline": False, "latency": 0, "downloadThroughput": -1}


def slow_line(page):
    """The browser's own throttle."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", {**LINE, "uploadThroughput": 200_000})
    return devtools


def large_plugin(folder, code):
    """An archive of four megabytes, as a plugin's with weights."""
    file = folder / f"{code}.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("config.yaml", config(code, "1.0.0"))
        archive.writestr("plugin/gradio_interface.py", MIMIC)
        archive.writestr("weights.bin", bytes(range(256)) * 4 * 4096)
    return file


def test_an_upload_can_be_cancelled_and_tried_again(person, written, tmp_path):
    window = person().enter("launch")
    page = window.page
    devtools = slow_line(page)
    window.drop(large_plugin(tmp_path, "large"))
    launch(window)
    expect(page.get_by_text(re.compile(r"Uploading"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d+ %"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    assert [it for it in window.agent.all("containers/") if it["plugin_release"].startswith("large")] == []
    devtools.send("Network.emulateNetworkConditions", {**LINE, "uploadThroughput": -1})
    launch(window)
    expect(page.locator("iframe")).to_be_visible(timeout=READY)


# What is wrong, what is uploaded, and what people are told: at which stage, of which kind, with which words. Of the test's own index,
# which has one version of one package.
BROKEN = {
    "no_such_package": (dict(requirements="no-such-package-of-anybody==1.0\n"), "building", "no-such-package-of-anybody"),
    "no_such_version": (dict(requirements="of-one-version==0.0.0.1\n"), "building", "of-one-version"),
    "bad_requirement": (dict(requirements="this is no requirement ==\n"), "building", "requirement"),
    "missing_module": (dict(app="import torch_of_nobody\n"), "starting", "torch_of_nobody"),
    "import_error": (dict(app='raise RuntimeError("the weights are missing")\n'), "starting", "the weights are missing"),
    "nothing_to_serve": (dict(app="answer = 42\n"), "starting", "gradio_interface"),
    "exited_early": (dict(app="import sys\nsys.exit(3)\n"), "starting", "3"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_plugin_is_explained_where_it_broke(person, written, index, kind):
    plugin, stage, words = BROKEN[kind]
    if "requirements" in plugin:
        index.requirements("of-one-version")
        index.release("of-one-version")
        plugin = {"requirements": f"--index-url {index.url}\n{plugin['requirements']}"}
    window = person().enter("launch")
    page = window.page
    code = f"broken-{kind.replace('_', '-')}"
    window.drop(written(code, **plugin))
    launch(window)
    failure = page.get_by_role("region", name="Why it failed")
    expect(failure).to_be_visible(timeout=READY)
    expect(failure).to_contain_text(kind)
    expect(failure).to_contain_text(words)
    expect(page.locator(f"[data-stage={stage}].failed")).to_be_visible()
    expect(failure.get_by_role("button", name="Try again")).to_be_visible()
    # The gallery's card says the same sentence.
    sentence = failure.locator(".message").inner_text()
    window.go("")
    expect(window.card(code)).to_contain_text(sentence)


def test_an_archive_that_is_no_plugin_is_refused_with_a_hint(person, tmp_path):
    window = person().enter("launch")
    file = tmp_path / "holiday.zip"
    file.write_bytes(plugins.zipped({"holiday.txt": "sea"}))
    window.drop(file)
    launch(window)
    expect(window.page.get_by_role("alert")).to_contain_text("config.yaml")


def test_what_is_no_archive_is_refused_before_it_is_sent(person, tmp_path):
    window = person().enter("launch")
    file = tmp_path / "holiday.rar"
    file.write_bytes(b"sea")
    window.drop(file)
    expect(window.page.get_by_role("alert")).to_contain_text("holiday.rar is no zip, tar or tar.gz")


def test_the_same_file_can_be_chosen_again(person, tmp_path):
    """Browsers tell of a choice only where it is another one than before: what was chosen last is forgotten first."""
    page = person().enter("launch").page
    file = tmp_path / "holiday.rar"
    file.write_bytes(b"sea")
    choose(page, file)
    expect(page.get_by_role("alert")).to_contain_text("holiday.rar is no zip")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose an archive").click()
    assert chooser.value.element.evaluate("input => input.files.length") == 0


def test_a_tar_is_taken_as_well(person, unpacked, tmp_path):
    window = person().enter("launch")
    file = tmp_path / "dropped-tar.tar.gz"
    folder = unpacked("dropped-tar", app=MIMIC)
    with tarfile.open(file, "w:gz") as archive:
        for name in ("config.yaml", "plugin"):
            archive.add(folder / name, name, filter=lambda it: None if "__pycache__" in it.name else it)
    window.drop(file)
    launch(window)
    expect(window.page.locator("iframe")).to_be_visible(timeout=READY)


def test_an_archive_that_was_mended_after_it_was_chosen_is_chosen_again(person, tmp_path):
    """The everyday round: refused, mended, packed to the same place, tried again."""
    window = person().enter("launch")
    page = window.page
    file = tmp_path / "mended.zip"
    file.write_bytes(plugins.zipped({"holiday.txt": "sea"}))
    choose(page, file)
    launch(window)
    expect(page.get_by_role("alert")).to_contain_text("config.yaml")
    file.write_bytes(plugins.plugin("mended", app=MIMIC))
    # Browsers tell by the time of the last change, in whole seconds.
    os.utime(file, (file.stat().st_atime, file.stat().st_mtime + 10))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_contain_text("mended.zip has changed since it was chosen")
    choose(page, file)
    launch(window)
    expect(page.locator("iframe")).to_be_visible(timeout=READY)


def test_an_upload_goes_on_while_somebody_looks_at_something_else(person, written, tmp_path):
    window = person().enter("launch")
    page = window.page
    devtools = slow_line(page)
    window.drop(large_plugin(tmp_path, "patient"))
    launch(window)
    expect(page.get_by_text(re.compile(r"Uploading"))).to_be_visible()
    window.go("builds")
    window.go("launch")
    expect(page.get_by_text(re.compile(r"Uploading"))).to_be_visible()
    window.go("builds")
    devtools.send("Network.emulateNetworkConditions", {**LINE, "uploadThroughput": -1})
    expect(page.get_by_text("patient@1.0.0 is being launched")).to_be_visible(timeout=READY)
    expect(page.get_by_role("link", name="patient@1.0.0")).to_be_visible()


def test_what_failed_is_tried_again_as_a_launch_that_is_watched(person, written, tmp_path):
    """The app looks at a file outside of its archive: what it lacked is there the second time."""
    window = person().enter("launch")
    page = window.page
    app = f"import os\nif os.environ.get('READY') != 'yes':\n    raise RuntimeError('not ready yet')\n{MIMIC}"
    window.drop(written("second-try", app=app))
    launch(window)
    failure = page.get_by_role("region", name="Why it failed")
    expect(failure).to_contain_text("not ready yet", timeout=READY)
    first = page.url
    failure.get_by_role("button", name="Try again").click()
    expect(page).not_to_have_url(first)
    # The button that was pressed is gone with its page: a screen reader goes on at the new one.
    expect(page.locator("#main")).to_be_focused()
    expect(failure).to_contain_text("not ready yet", timeout=READY)
    expect(page.locator("[data-stage=starting].failed")).to_be_visible()
    failure.get_by_role("link", name="Edit settings").click()
    page.get_by_role("button", name="Add a variable").click()
    page.get_by_label("Name", exact=True).fill("READY")
    page.get_by_label("Value of READY").fill("yes")
    launch(window)
    expect(page.locator("iframe")).to_be_visible(timeout=READY)
    launches = [it for it in window.agent.all("builds/") if it["plugin_release"].startswith("second-try")]
    assert len(launches) == 3


def test_a_build_is_watched_step_by_step_and_cancelled(person, written):
    window = person().enter("launch")
    page = window.page
    slow = 'import time\nprint("thinking about it", flush=True)\ntime.sleep(600)\n'
    window.drop(written("slow-start", app=slow))
    launch(window)
    steps = page.locator("[data-stage=building] ol li")
    expect(steps.first).to_be_visible(timeout=READY)
    expect(page.get_by_text(re.compile(r"\d+ of \d+ steps? from the cache"))).to_be_visible()
    expect(page.locator("[data-stage=starting].active")).to_be_visible(timeout=READY)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("This launch was cancelled")).to_be_visible()


def test_a_build_is_cancelled_before_its_end(person, written, index):
    window = person().enter("launch")
    page = window.page
    # The index holds it: the step that asks for it does not end by itself.
    window.drop(written("slow-build", app=MIMIC, requirements=index.requirements("held-on-the-page")))
    launch(window)
    expect(page.locator("[data-stage=building].active ol li")).not_to_have_count(0, timeout=READY)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("This launch was cancelled")).to_be_visible()
    expect(page.locator("[data-stage=building].cancelled")).to_be_visible()


def test_every_example_that_answers_is_there(person):
    # The seed's own is a text of the seed's: its predictions fail, since it has no model.
    names = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir() and folder.name != "seed")
    told = person().agent.get("examples/").json()
    assert sorted(example["name"] for example in told) == names
