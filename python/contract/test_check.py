"""What the command says of a plugin offline, and what becomes of the plugin: the same."""

import json
import os
import subprocess

import pytest
from support import plugins

# About the command; the SDK only makes the app.
pytestmark = pytest.mark.theirs_alone
APP = 'import gradio as gr\n\ndemo = gr.Interface(lambda text: text, "text", "text")\n'
# What is wrong, by the word that a check and the failure both have for it.
BROKEN = {
    "colon": ("import_error", {"app": "def predict(text)\n    return text\n" + APP}),
    "encoding": ("import_error", {"app": b'TITLE = "\xbe\xc8\xb3\xe7"\n' + APP.encode()}),
    "no-app": ("nothing_to_serve", {"app": "import gradio as gr\n"}),
    "own-module": ("missing_module", {"app": "from .model import load\n" + APP}),
    "misspelt": ("bad_requirement", {"app": APP, "requirements": "numpy=1.26\n"}),
    "crossed": ("version_conflict", {"app": APP, "requirements": "gradio>=6,<5\n"}),
    "twice": ("version_conflict", {"app": APP, "requirements": "numpy==1.26.4\nnumpy>=2\n"}),
}


@pytest.fixture
def playground(tmp_path):
    """Runs the command in an empty directory; what it prints."""

    def run(*args, check=True):
        command = [os.environ["PLAYGROUND_BINARY"], *args]
        return subprocess.run(command, cwd=tmp_path, check=check, capture_output=True, text=True).stdout

    return run


@pytest.mark.parametrize(("lang", "answer"), [("en", "Welcome, world!"), ("ko", "Welcome, 여러분!")])
def test_a_new_plugin_is_packed_built_and_answers(playground, sdk, app, tmp_path, lang, answer):
    code = f"greeter-{lang}"
    playground("init", code, "--lang", lang, "--name", "인사 Greeter")
    (tmp_path / code / "plugin" / "__init__.py").write_text(plugins.RUN)
    assert playground("check", code) == "", "nothing is found"
    archive = tmp_path / playground("pack", code).strip()
    container = sdk.create_container(f"{code}@0.1.0", plugin_file=archive, params={"greeting": "Welcome"})
    try:
        with app(container) as client:
            assert client.config["title"] == "인사 Greeter"
            assert client.predict("", api_name="/predict") == answer
    finally:
        sdk.delete_container(container["pk"])


@pytest.mark.parametrize("name", BROKEN)
def test_what_a_check_calls_an_error_fails_by_that_word(playground, agent, sdk, archive, name):
    word, broken = BROKEN[name]
    file = archive(f"checked-{name}", **broken)
    report = json.loads(playground("check", str(file), "--output", "json", check=False))
    assert {finding["code"] for finding in report["findings"] if finding["severity"] == "error"} == {word}
    answer = sdk.create_container(plugin_file=file, wait=False)
    try:
        assert agent.finished(answer["build_id"])["failure"]["kind"] == word
    finally:
        sdk.delete_container(answer["pk"])


def test_what_a_check_only_warns_of_is_served(playground, sdk, archive):
    # The entrypoint names `app`, as the specification's own plugin has it, and the file has `demo`.
    file = archive("checked-demo", app=APP)
    report = json.loads(playground("check", str(file), "--output", "json"))
    assert [finding["code"] for finding in report["findings"]] == ["entrypoint_attribute_missing"]
    container = sdk.create_container(plugin_file=file)
    assert container["status"] == "running"
    sdk.delete_container(container["pk"])
