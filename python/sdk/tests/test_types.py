"""The types hold, strictly, for the oldest Python that the SDK runs on."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1]


def test_the_types_are_strict(tmp_path):
    mypy = pytest.importorskip("mypy.api")
    settings = ["--config-file", str(FOLDER / "pyproject.toml"), "--cache-dir", str(tmp_path)]
    printed, errors, code = mypy.run([*settings, str(FOLDER / "src")])
    assert code == 0, printed + errors
