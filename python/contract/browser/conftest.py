"""What the tests in Chromium share: the browser, an Agent whose apps they open, and the ways to an app."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright
from support import plugins
from support.agent import running
from support.hosts import lead_here

from browser.playground import Playground, undocumented
from browser.silence import Silence

HERE = Path(__file__).parent
REPO = HERE.parents[2]
# Milliseconds for anything that a page is to show. Nothing waits this long when it works.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)
# A plain name of this machine, as on a network without TLS: browsers tell less of themselves there than on localhost.
PLAIN = "box.test"
# Where another site is.
EVIL = "evil.example"
# What the pages of older majors want of the internet.
WANTED = ("fonts.googleapis.com", "fonts.gstatic.com", "cdnjs.cloudflare.com")


@pytest.fixture(scope="session")
def silence():
    """A host that takes connections and never says a word."""
    silence = Silence()
    yield silence
    silence.close()


@pytest.fixture(scope="session")
def chromium(silence):
    """The browser. What it looks for in the internet is met with silence, as behind a firewall that drops."""
    rules = [f"MAP {host} 127.0.0.1:{silence.port}" for host in WANTED]
    rules += [f"MAP {host} 127.0.0.1" for host in (PLAIN, EVIL)]
    arguments = [f"--host-resolver-rules={', '.join(rules)}"]
    with sync_playwright() as playwright:
        # Chromium has no sandbox of its own where root runs it.
        browser = playwright.chromium.launch(
            executable_path=HERE / "deaf.py", args=arguments, chromium_sandbox=False
        )
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium):
    """Somebody who has never been here."""
    context = chromium.new_context(accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture(scope="session")
def agent(tmp_path_factory):
    """An Agent whose apps' pages get nothing from other hosts."""
    options = ["--gateway-hosts", PLAIN, "--gateway-offline-pages", "true"]
    with lead_here(PLAIN, EVIL), running(tmp_path_factory.mktemp("browser"), "18800-18859", *options) as agent:
        yield agent


class Place:
    """One way to apps."""

    def __init__(self, kind, agent):
        self.kind = kind
        self._agent = agent
        self._port = agent.url.rpartition(":")[2]

    def of(self, container):
        """Where the app is."""
        label = container["name"].replace("_", "-")
        if self.kind == "host":
            return f"http://{label}.localhost:{self._port}/"
        host = PLAIN if self.kind == "plain" else "127.0.0.1"
        return f"http://{host}:{self._port}/play/{label}/"

    def link(self, container):
        """The same for whoever has the link."""
        link = self._agent.post(f"containers/{container['pk']}/links/", json={"expires_in": 3600}).json()
        return f"{self.of(container)}?{link['url'].partition('?')[2]}"


@pytest.fixture(scope="session", params=["host", "path", "plain"])
def place(request, agent):
    """A host of its own, a path, and a path at a name of which browsers think little."""
    return Place(request.param, agent)


@pytest.fixture(scope="session")
def at(agent):
    """A way by its name."""
    return lambda kind: Place(kind, agent)


@pytest.fixture(scope="session")
def create(agent, tmp_path_factory):
    """Makes an app of an archive and waits until it is there."""

    def create(release, archive, **fields):
        file = tmp_path_factory.mktemp("archives") / "plugin-release.zip"
        file.write_bytes(archive)
        with file.open("rb") as opened:
            made = agent.post("containers/", data={"plugin_release": release, **fields}, files={"file": opened}).json()
        if made.get("build_id"):
            agent.finished(made["build_id"], DOWNLOAD)
        made = agent.get(f"containers/{made['pk']}/").json()
        assert made["status"] == "running", made
        return made

    return create


@pytest.fixture(scope="session")
def begin(create):
    """Makes apps beside each other: what it returns waits for the one app."""
    with ThreadPoolExecutor() as threads:
        yield lambda *arguments, **fields: threads.submit(create, *arguments, **fields).result


# Seconds for a build on a machine that never had these packages: an old Gradio is more than a hundred megabytes.
DOWNLOAD = 600.0
MAJORS = {3: "3.50.2", 4: "4.44.1", 5: "5.50.0", 6: None}


@pytest.fixture(scope="session")
def every_major():
    """The archive of the same plugin on each major of Gradio. 6 is the base image's own."""
    app = (HERE / "every_major.py").read_text()
    needs = lambda version: f"gradio=={version}\n" if version else None
    return {
        major: plugins.plugin(f"gradio-{major}", app=app, requirements=needs(version)) for major, version in MAJORS.items()
    }


@pytest.fixture(scope="session")
def majors(begin, every_major):
    """The app of a major. All of them are begun when the first one is asked for."""
    made = {major: begin(f"gradio-{major}@1.0.0", archive) for major, archive in every_major.items()}
    return lambda major: made[major]()


@pytest.fixture(scope="module")
def empty_agent(tmp_path_factory):
    """An Agent with nothing on it, for the Playground page."""
    with running(tmp_path_factory.mktemp("page"), "18700-18759") as agent:
        yield agent


@pytest.fixture
def person(chromium, empty_agent):
    """Somebody at the Playground. Whatever they do, the page asks for nothing that is not in the API's document, and no mistake
    of its own and no breach of its policy is in the browser's console."""
    contexts, windows = [], []

    def person(**wishes):
        context = chromium.new_context(accept_downloads=True, **wishes)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        windows.append(Playground(context, empty_agent))
        return windows[-1]

    yield person
    for context in contexts:
        context.close()
    document = json.loads((REPO / "openapi" / "agent.json").read_text())
    for window in windows:
        assert undocumented(window.asked, document) == []
        assert window.complaints == []
