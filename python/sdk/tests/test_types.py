"""The types hold, strictly, for the oldest Python that the SDK runs on."""

import importlib
import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1]


def test_the_types_are_strict(tmp_path):
    # Where everything must be looked at, nothing is passed over.
    find = importlib.import_module if os.environ.get("CI") else pytest.importorskip
    mypy = find("mypy.api")
    settings = ["--config-file", str(FOLDER / "pyproject.toml"), "--cache-dir", str(tmp_path)]
    printed, errors, code = mypy.run([*settings, str(FOLDER / "src"), str(FOLDER / "tests/typed.py")])
    assert code == 0, printed + errors
