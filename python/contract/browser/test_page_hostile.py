"""What an app can do to the Playground page around it, by its script, its answers, its names and its log: nothing."""

import ast
import json
import subprocess
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Error, expect
from support import plugins

HERE = Path(__file__).parent
# What a script gets of something: its value, or how it is refused.
TRY = "of => { try { return String(eval(of)) } catch (error) { return error.name } }"
ASK = """([address, options]) => fetch(address, options).then(
  async answer => [answer.status, answer.type, await answer.text()], error => ['refused', error.name, ''])"""


@pytest.fixture(scope="module")
def words(empty_agent, tmp_path_factory):
    """The app whose every word is an attack. Its config.yaml joins in."""
    markup = "<img src=x onerror=alert(1)>"
    files = {
        "config.yaml": f"code: words\nname: \"{markup}{'N' * 300}\"\nversion: 1.0.0\ncategory: \"{markup}\"\n"
        f"description: \"{markup}</p><script>1</script>{'D' * 3000}\"\n\nactions:\n  gradio:\n    method: job\n",
        "plugin/gradio_interface.py": (HERE / "hostile_words.py").read_text(),
    }
    file = tmp_path_factory.mktemp("words") / "words.zip"
    file.write_bytes(plugins.zipped(files))
    fields = {"labels": ["<b>label</b>", "L" * 100], "params": json.dumps({"</script><script>": markup})}
    with file.open("rb") as opened:
        made = empty_agent.post("containers/", data=fields, files={"file": opened}).json()
    assert "build_id" in made, made
    empty_agent.finished(made["build_id"])
    made = empty_agent.get(f"containers/{made['pk']}").json()
    assert made["status"] == "running", made
    return {**made, "markup": markup}


def is_whole(page):
    """Nothing was put into the page, and nothing is wider than the window."""
    assert page.evaluate("() => document.querySelectorAll('main img, main script, [onerror]').length") == 0
    assert "owned" not in page.title()
    assert page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("place", ["", "play/{name}", "containers", "containers/{pk}", "builds", "launch?from={pk}"])
def test_names_and_words_of_a_plugin_are_text(person, words, place):
    page = person().enter(place.format(**words)).page
    expect(page.get_by_text("Loading…")).to_have_count(0)
    is_whole(page)


def test_what_an_app_prints_is_text_in_its_line(person, words):
    page = person().enter(f"play/{words['name']}").page
    page.get_by_role("button", name="Logs").click()
    log = page.get_by_role("region", name=f"Log of {words['name']}")
    expect(log.get_by_text("<img src=x").first).to_be_visible()
    expect(log.get_by_text("red", exact=True)).to_be_visible()
    assert "\x1b" not in log.inner_text()
    heights = log.locator(".line").evaluate_all("lines => [...new Set(lines.map(line => line.offsetHeight))]")
    assert heights == [18], "every line is one line"
    is_whole(page)


def test_what_an_app_says_of_its_functions_is_data(person, words, tmp_path):
    page = person().enter(f"play/{words['name']}").page
    page.get_by_role("button", name="Use by API").click()
    functions = page.get_by_label("Function")
    expect(functions.locator("option")).not_to_have_count(0)
    for label in functions.locator("option").all_inner_texts():
        functions.select_option(label=label)
        code = {name: page.locator(f"pre[aria-label={name}]").inner_text() for name in ("Python", "curl")}
        # Whatever it is called: a call with texts for arguments, and no other statement.
        module = ast.parse(code["Python"])
        calls = [node.func for node in ast.walk(module) if isinstance(node, ast.Call)]
        names = {getattr(call, "id", None) or call.attr for call in calls}
        assert names <= {"Client", "predict", "print", "handle_file"}, names
        # To a shell every part of it is one word; curl is not run here, its arguments are printed.
        shell = f"cd {tmp_path}; curl() {{ printf '%s\\n' event_id; }}; {code['curl']}"
        subprocess.run(["bash", "-c", shell], check=True, capture_output=True, timeout=30)
        assert not Path("/tmp/owned").exists() and list(tmp_path.iterdir()) == []
        is_whole(page)


def test_an_apps_script_reaches_nothing_of_the_page_and_nothing_of_the_api(person, words):
    window = person().enter(f"play/{words['name']}")
    page = window.page
    expect(window.frame().get_by_role("heading", name="Words")).to_be_visible()
    frame = next(frame for frame in page.frames if frame != page.main_frame)
    for what in ("parent.document.body", "parent.localStorage", "parent.document.cookie", "top.location.href"):
        assert frame.evaluate(TRY, what) == "SecurityError", what
    assert "synapse-session" not in frame.evaluate(TRY, "document.cookie")
    api = f"{window.address}containers/"
    for options in ({"credentials": "include"}, {"credentials": "include", "method": "POST", "mode": "no-cors"}):
        assert frame.evaluate(ASK, [api, options])[2] == "", "nothing is read"
    # Nor as a form would send it, which asks nobody: it is refused, and nothing was done.
    stop = {"credentials": "include", "method": "POST", "mode": "no-cors"}
    frame.evaluate(ASK, [f"{api}{words['pk']}/restart/", stop])
    assert window.agent.get(f"containers/{words['pk']}").json()["id"] == words["id"]
    with pytest.raises(Error, match="SecurityError|Unsafe|sandboxed|navigate"):
        frame.evaluate("() => { top.location.href = 'about:blank' }")
    assert page.url.startswith(window.address)


def test_the_cookie_that_browsers_send_to_every_port_is_worth_nothing(person, words):
    """Cookies know no ports: an app at its own port on the same host name is sent the page's. Half a session opens nothing."""
    window = person().enter()
    page = window.page.context.new_page()
    page.goto(f"http://localhost:{words['host_port']}/echo")
    told = {name.lower(): value for name, value in json.loads(page.locator("body").inner_text())}
    cookie = told["cookie"]
    assert "synapse-session" in cookie, "the attack is possible"
    assert page.evaluate(TRY, "document.cookie") == "", "no script reads it"
    ask = lambda **headers: requests.get(f"{window.address}containers/", headers={"Cookie": cookie, **headers}, timeout=10)
    assert ask().status_code == 401
    assert ask(**{"X-Synapse-Key": "0" * 40}).status_code == 401
    # With both halves it is the session, which shows that the half that was stolen was a real one.
    key = window.page.evaluate("() => localStorage.getItem('synapse-key')")
    assert ask(**{"X-Synapse-Key": key}).status_code == 200


def test_the_page_cannot_be_put_into_a_frame_and_runs_no_script_but_its_own(person, words, empty_agent):
    window = person().enter()
    answer = requests.get(window.address, timeout=10)
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy and "unsafe" not in policy and "default-src 'none'" in policy
    inject = """() => new Promise(done => {
      document.addEventListener('securitypolicyviolation', event => done(event.effectiveDirective), {once: true});
      const script = document.createElement('script');
      script.textContent = 'document.title = "owned"';
      document.body.append(script);
    })"""
    assert window.page.evaluate(inject) == "script-src-elem"
    assert "owned" not in window.page.title()
    window.complaints.clear()
