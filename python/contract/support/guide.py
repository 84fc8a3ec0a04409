"""The blocks of code in the plugin developer's guide, and the plugin that they are together."""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[3] / "docs"
GUIDES = ["guide.md", "guide.ko.md"]
FENCED = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(guide, language):
    return [code for kind, code in FENCED.findall((DOCS / guide).read_text(encoding="utf-8")) if kind == language]


def plugin(guide, root, code):
    """Writes the guide's plugin under another code, so that two languages are two releases."""
    (config,), (app, params, _) = blocks(guide, "yaml"), blocks(guide, "python")
    (root / "plugin").mkdir(parents=True)
    (root / "config.yaml").write_text(config.replace("code: hello", f"code: {code}"))
    (root / "plugin/__init__.py").touch()
    # With the params beside it: the guide's two blocks belong to one file.
    (root / "plugin/gradio_interface.py").write_text(f"{params}\n{app}".replace("Hello, ", "Hello, {size} "))
    return root
