import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


@pytest.fixture(scope="session")
def major() -> int:
    return int(os.environ["GRADIO_MAJOR"])


@pytest.fixture(scope="session")
def gradio_python() -> str:
    """The interpreter of the environment that has this major of Gradio; set by run.py."""
    return os.environ["GRADIO_PYTHON"]
