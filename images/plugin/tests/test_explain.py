"""The kinds of failure, from logs of uv 0.13.9, pip 26 and (pip23-*) pip 23 that really happened."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from explain import CAUSES, event, explain  # noqa: E402

LOGS = sorted((HERE / "logs").glob("*.txt"))
# Logs are named TOOL-KIND[N].txt; a clone that fails is the network's fault. Old pips do not say what they failed to
# build, and take a requirement with an impossible version for one that is only not to be found.
KINDS = {"git": "network"}
PACKAGES = {
    "no_such_package": ("this-package-does-not-exist-xyz1", "six", "numpy"),
    "no_such_version": ("numpy", "torch", "ipython"),
    "needs_source_build": ("docopt",),
    "source_build_failed": ("broken-thing", None),
    "broken_package": ("broken",),
    "python_version": ("newer-only", "torch", "numpy"),
}


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.stem)
def test_kind(log: Path) -> None:
    tool, _, name = log.stem.partition("-")
    wanted = re.sub(r"\d+$", "", name)
    answer = explain(log.read_text(encoding="utf-8"))
    assert answer["kind"] == KINDS.get(wanted, wanted), answer
    assert answer["message"] and "\n" not in answer["message"]
    assert answer["package"] in PACKAGES.get(wanted, (answer["package"],))


def test_every_kind_has_a_log() -> None:
    seen = {explain(log.read_text(encoding="utf-8"))["kind"] for log in LOGS}
    assert {cause.kind for cause in CAUSES} <= seen


def test_unknown_text_is_said_to_be_unknown() -> None:
    assert explain("something else\n")["kind"] == "unknown"
    assert explain("")["kind"] == "unknown"


def test_the_bad_line_is_shown() -> None:
    log = (HERE / "logs" / "uv-bad_requirement.txt").read_text(encoding="utf-8")
    assert explain(log)["requirement"] == "numpy==1.2!!"


def test_the_line_for_the_agent() -> None:
    line = event(explain("Because six==9 was not found in the package registry"))
    assert line.startswith("SYNAPSE ")
    assert json.loads(line[len("SYNAPSE ") :])["event"] == "install_error"


def test_as_a_program(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("No space left on device")
    done = subprocess.run([sys.executable, HERE.parent / "explain.py", log, "--field", "kind"], stdout=subprocess.PIPE, check=True)
    assert done.stdout == b"disk_full\n"
