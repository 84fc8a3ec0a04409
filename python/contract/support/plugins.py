"""Plugins, zipped: small ones made here, and the examples of the repository."""

import io
import uuid
import zipfile
from pathlib import Path

REPO = Path(__file__).resolve().parents[3]
EXAMPLES = REPO / "examples"
# Ready within milliseconds, without Gradio; behaves as its params say.
MIMIC = (REPO / "crates/playground-testkit/src/mimic.py").read_text()

# Answers about itself: what it was started with, and which revision of its code it is.
PROBE = '''
import json, os
import gradio as gr

REVISION = {revision!r}

def ask(question):
    question = json.loads(question)
    if question["what"] == "env":
        return json.dumps({{name: os.environb.get(name.encode(), b"").hex() for name in question["names"]}})
    if question["what"] == "params":
        return os.environ["PLUGIN_PARAMS"]
    if question["what"] == "say":
        for line in question["lines"]:
            print(line, flush=True)
    return REVISION

demo = gr.Interface(fn=ask, inputs=gr.Textbox(), outputs=gr.Textbox(), api_name="ask", title="Probe")
'''

# In every plugin made here, so that each run builds its own: an image that a run which was killed has left behind
# would be taken as it is, and then there is no build to look at.
RUN = f"# Made for run {uuid.uuid4().hex}.\n"

RAISES = 'raise RuntimeError("the weights are missing")\n'


def config(code, version, entrypoint="plugin.gradio_interface.app"):
    named = f"    entrypoint: {entrypoint}\n" if entrypoint else ""
    return (
        f"code: {code}\nname: {code}\nversion: {version}\ncategory: neural_net\n\n"
        f"actions:\n  gradio:\n{named}    method: job\n"
    )


def zipped(files: dict) -> bytes:
    """An archive as `synapse plugin publish` writes it: files at its root, no folders."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in files.items():
            # A fixed time: the same files are the same bytes.
            out.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return archive.getvalue()


def plugin(code, version="1.0.0", *, app=None, requirements=None, revision="one") -> bytes:
    files = {
        "config.yaml": config(code, version),
        "plugin/__init__.py": RUN,
        "plugin/gradio_interface.py": app or PROBE.format(revision=revision),
    }
    if requirements is not None:
        files["requirements.txt"] = requirements
    return zipped(files)


def example(name) -> bytes:
    """An example's folder as its author would zip it."""
    folder = EXAMPLES / name
    files = (file for file in sorted(folder.rglob("*")) if file.is_file() and "__pycache__" not in file.parts)
    return zipped({str(file.relative_to(folder)): file.read_bytes() for file in files})
