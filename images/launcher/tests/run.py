"""Runs the launcher's tests against every major of Gradio, each in its own environment.

    python images/launcher/tests/run.py [--majors 6 ...] [--no-timing] [-k EXPRESSION]
    python images/launcher/tests/run.py --parts      only what needs no Gradio, the install step's explanations included

Environments are kept below $PLAYGROUND_CACHE (default: .cache in the repository). Only the standard library is needed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import venv
import xml.etree.ElementTree as xml
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, List, Optional, Tuple

HERE = Path(__file__).resolve().parent
INSTALL_TESTS = HERE.parents[1] / "plugin" / "tests"
CACHE = Path(os.environ.get("PLAYGROUND_CACHE") or HERE.parents[2] / ".cache") / "launcher"
UV_VERSION = "0.13.9"

# Gradio below 5 pins too little: with the packages of today it does not start, so they are taken from its own time.
GRADIO: Dict[int, Tuple[str, Optional[str]]] = {
    3: ("3.50.2", "2023-12-15"),
    4: ("4.44.1", "2024-10-15"),
    5: ("5.50.0", None),
    6: ("6.31.0", None),
}


def python_of(name: str) -> Path:
    return CACHE / name / "bin" / "python"


def uv() -> Path:
    binary = CACHE / "uv-env" / "bin" / "uv"
    if not binary.exists():
        venv.create(CACHE / "uv-env", with_pip=True, clear=True)
        subprocess.run([python_of("uv-env"), "-m", "pip", "install", "-q", "uv==" + UV_VERSION], check=True)
    return binary


def ensure(name: str, requirement: str, exclude_newer: Optional[str] = None) -> None:
    """An environment that is complete has a stamp with what is in it."""
    stamp = CACHE / name / "complete.txt"
    if stamp.exists() and stamp.read_text() == requirement:
        return
    env = {**os.environ, "UV_COMPILE_BYTECODE": "1"}
    subprocess.run([uv(), "venv", "-q", "--clear", "--python", sys.executable, CACHE / name], check=True, env=env)
    dated = ["--exclude-newer", exclude_newer] if exclude_newer else []
    subprocess.run([uv(), "pip", "install", "-q", "--python", python_of(name), *dated, requirement], check=True, env=env)
    stamp.write_text(requirement)


def ensure_gradio(major: int) -> Optional[str]:
    """``None``, or a sentence on why this major cannot be tested here."""
    version, date = GRADIO[major]
    try:
        ensure("gradio-{}".format(major), "gradio==" + version, date)
    except (subprocess.CalledProcessError, OSError) as error:
        return "gradio {} could not be installed: {}".format(version, error)
    return None


def run_pytest(major: Optional[int], arguments: List[str]) -> Tuple[int, int, int]:
    """Passed, failed, skipped."""
    label = "gradio {}".format(GRADIO[major][0]) if major else "parts"
    report = CACHE / "report-{}.xml".format(major or "parts")
    env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    if major:
        env.update(GRADIO_MAJOR=str(major), GRADIO_PYTHON=str(python_of("gradio-{}".format(major))))
    files = [HERE / "test_shapes.py", HERE / "test_live.py"] if major else [HERE / "test_parts.py", INSTALL_TESTS]
    command = [python_of("pytest"), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", "--junitxml", report, *files]
    done = subprocess.run([*command, *arguments], env=env, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    counts = counted(report)
    print("{}: {} passed, {} failed, {} skipped".format(label, *counts), flush=True)
    if counts[1] or done.returncode not in (0, 5):
        print(done.stdout, flush=True)
    return counts if done.returncode in (0, 1, 5) else (counts[0], counts[1] + 1, counts[2])


def counted(report: Path) -> Tuple[int, int, int]:
    if not report.exists():
        return 0, 0, 0
    suites = list(xml.parse(report).getroot().iter("testsuite"))
    total, bad, skipped = (sum(int(suite.get(key, "0")) for suite in suites) for key in ("tests", "failures", "skipped"))
    bad += sum(int(suite.get("errors", "0")) for suite in suites)
    return total - bad - skipped, bad, skipped


def main() -> int:
    parser = argparse.ArgumentParser(description="Tests of the launcher.")
    parser.add_argument("--majors", type=int, nargs="+", choices=sorted(GRADIO), default=sorted(GRADIO))
    parser.add_argument("--parts", action="store_true", help="only what needs no Gradio")
    parser.add_argument("--shapes", action="store_true", help="leave that out")
    parser.add_argument("--no-timing", action="store_true", help="leave out the comparison with plain Python")
    parser.add_argument("-k", default=None, help="as in pytest")
    options = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    ensure("pytest", "pytest==8.4.2")
    majors = [] if options.parts else options.majors
    missing = [reason for reason in map(ensure_gradio, majors) if reason]
    arguments = ["-k", options.k] if options.k else []
    usable = [major for major in majors if python_of("gradio-{}".format(major)).exists()]
    suites = usable if options.shapes else [None, *usable]
    for major in suites:
        (CACHE / "report-{}.xml".format(major or "parts")).unlink(missing_ok=True)
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda major: run_pytest(major, arguments), suites))
    passed, failed, skipped = (sum(column) for column in zip(*results))
    if not options.no_timing and 6 in usable:
        from timing import compare

        failed += compare(str(python_of("gradio-6")), CACHE)
    for reason in missing:
        print("FAILED: " + reason)
    print("{} passed, {} failed, {} skipped".format(passed, failed + len(missing), skipped))
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main())
