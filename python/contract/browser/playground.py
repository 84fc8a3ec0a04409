"""The Playground page, as a person uses it; and what must be true of it whatever is done."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import expect

# What is no route of the API: the page itself, and the apps in its frames.
OWN = re.compile(r"^/($|assets/|favicon\.svg$|play/)")


class Playground:
    """One window of it. What it asks of the Agent, and what it complains of, is kept."""

    def __init__(self, context, agent):
        self.agent = agent
        self.address = f"http://localhost:{agent.url.rpartition(':')[2]}/"
        self.asked = set()
        self.complaints = []
        self.page = context.new_page()
        self.page.on("request", self._asked)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._said)

    def enter(self, place=""):
        """Comes in by a link that works once, and goes to a page."""
        code = self.agent.post("session/codes/").json()["url"].rpartition("/")[2]
        self.page.goto(f"{self.address}#/login/{code}")
        expect(self.page.get_by_role("navigation")).to_be_visible()
        return self.go(place)

    def go(self, place):
        """To a page by its address, as by a bookmark."""
        # The heading of a page that is left counts for nothing: it is marked, and goes before the next one comes.
        before = self.page.evaluate("() => location.hash").removeprefix("#/")
        if before.partition("/")[0] != place.partition("/")[0].partition("?")[0]:
            self.page.evaluate("() => document.querySelector('h1')?.setAttribute('data-left', '')")
        self.page.evaluate("place => { location.hash = place }", f"/{place}")
        expect(self.page.locator("h1:not([data-left])")).to_be_visible()
        return self

    def card(self, title):
        """An app in the gallery."""
        heading = self.page.get_by_role("heading", name=title, exact=True)
        return self.page.get_by_role("article").filter(has=heading)

    def bar(self):
        """What is over an app."""
        return self.page.locator("main header.bar")

    def act(self, scope, action):
        """An action in the menu of a card or of an app."""
        scope.get_by_role("button", name=re.compile("^(Actions for .*|.* 작업)$")).click()
        self.page.get_by_role("menuitem", name=action, exact=True).click()

    def state(self, scope, state):
        """Waits until this state is shown."""
        expect(scope.locator(f"[data-state='{state}']")).to_be_visible()

    def frame(self):
        """The app, in its frame."""
        return self.page.frame_locator("iframe")

    def drop(self, *paths):
        """Drops files or folders, as from a file manager: the browser reads them itself."""
        zone = self.page.get_by_role("group", name=re.compile("Plugin to launch|실행할 플러그인"))
        zone.scroll_into_view_if_needed()
        box = zone.bounding_box()
        devtools = self.page.context.new_cdp_session(self.page)
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 20}
            devtools.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})

    def _asked(self, request):
        address = urlsplit(request.url)
        if address.netloc == urlsplit(self.address).netloc and not OWN.match(address.path):
            self.asked.add((request.method, address.path))

    def _said(self, message):
        # What the network does is no mistake of the page's: it tells people of that itself.
        if message.type == "error" and "Failed to load resource" not in message.text:
            if message.location.get("url", "").startswith(self.address):
                self.complaints.append(message.text)


def undocumented(asked, document):
    """What was asked for and is not in the API's document."""
    known = [
        (method.upper(), re.compile("^" + re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path)) + "/?$"))
        for path, methods in document["paths"].items()
        for method in methods
    ]
    is_known = lambda method, path: any(method == it and form.match(path) for it, form in known)
    return sorted(f"{method} {path}" for method, path in asked if not is_known(method, path))
