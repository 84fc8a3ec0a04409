#!/usr/bin/env python3
"""Runs the contract suite: the real SDK and gradio_client against an Agent on a real Docker Engine.

Needs Python 3.10 or newer with venv, a Docker Engine with the base image, and a built binary. The environments are
made once under the cache and used again until their requirements change.

    python3 python/contract/run.py [--binary PATH] [--browser] [-- PYTEST ARGUMENTS]
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
REQUIREMENTS = HERE / "requirements"

# Which SDK goes into which environment. Its wheels name a newer Python and a hundred packages that a client of the Agent
# never imports, so they are installed by themselves, untouched, beside what the client part does import.
ENVIRONMENTS = {
    "sdk-new": ("sdk-new.txt", "synapse-sdk==2026.2.17"),
    "sdk-old": ("sdk-old.txt", "synapse-sdk==2026.1.50"),
    "schemathesis": ("schemathesis.txt", None),
}
# The same for the suite that drives a browser. Gradio 3 speaks with a client of its own time only, and the newest one does not
# find Gradio 4 below a path.
BROWSER_ENVIRONMENTS = {
    "browser": ("browser.txt", "synapse-sdk==2026.2.17"),
    "gradio-client-3": ("gradio-client-3.txt", None),
    "gradio-client-4": ("gradio-client-4.txt", None),
}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def cache_dir() -> Path:
    return Path(os.environ.get("PLAYGROUND_CACHE") or REPO / ".cache").resolve() / "python-contract"


def python_of(environment: Path) -> Path:
    return environment / "bin" / "python"


def ensure(name: str) -> Path:
    """The Python of an environment, made when it is missing or its requirements changed."""
    file, sdk = {**ENVIRONMENTS, **BROWSER_ENVIRONMENTS}[name]
    requirements = (REQUIREMENTS / file).read_bytes()
    stamp = hashlib.sha256(requirements + f"{sdk} {sys.version}".encode()).hexdigest()
    environment = cache_dir() / name
    stamp_file = environment / "stamp"
    if stamp_file.is_file() and stamp_file.read_text() == stamp:
        return python_of(environment)
    print(f"making the Python environment {name}", flush=True)
    shutil.rmtree(environment, ignore_errors=True)
    environment.parent.mkdir(parents=True, exist_ok=True)
    checked([sys.executable, "-m", "venv", str(environment)])
    install = [str(python_of(environment)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    checked([*install, "-r", str(REQUIREMENTS / file)])
    if sdk:
        # Last: pip would complain of everything that the SDK names and a client does not need.
        checked([*install, "--no-deps", "--ignore-requires-python", sdk])
    # Written last: an environment without it was interrupted and is made again.
    stamp_file.write_text(stamp)
    return python_of(environment)


def checked(command: list) -> None:
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit(f"this command failed: {' '.join(command)}")


def binary(given: str) -> Path:
    candidates = [Path(given)] if given else [REPO / "target" / profile / "playground" for profile in ("release", "debug")]
    for candidate in candidates:
        if candidate.is_file():
            return candidate.resolve()
    sys.exit(f"there is no binary at {' or '.join(map(str, candidates))}: run cargo build -p playground-cli, or give --binary")


def chromium() -> str:
    for program in CHROMIUM:
        if path := shutil.which(program):
            return path
    sys.exit("there is no Chromium on this machine: on Debian it is the package chromium")


def counts(report: Path) -> tuple:
    """Passed, failed and skipped tests. An error in setting up or tearing down counts as a failure."""
    if not report.is_file():
        return 0, 1, 0
    suites = list(ElementTree.parse(report).getroot().iter("testsuite"))
    number = lambda name: sum(int(suite.get(name, 0)) for suite in suites)
    failed, skipped = number("failures") + number("errors"), number("skipped")
    return max(number("tests") - failed - skipped, 0), failed, skipped


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", help="the playground binary; default target/release, else target/debug")
    parser.add_argument("--output", type=Path, help="keep the Agents' logs and what every test printed in this folder")
    parser.add_argument("--browser", action="store_true", help="the suite in a real Chromium, and nothing else")
    parser.add_argument("--only", help="one file, a benchmark among them, instead of the suite; what it prints is shown")
    parser.add_argument("--environments-only", action="store_true", help="make the Python environments and end")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    arguments = parser.parse_args()
    pythons = {name: ensure(name) for name in (BROWSER_ENVIRONMENTS if arguments.browser else ENVIRONMENTS)}
    if arguments.environments_only:
        return 0
    environment = {
        **os.environ,
        "PLAYGROUND_BINARY": str(binary(arguments.binary)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if arguments.browser:
        environment["PLAYGROUND_CHROMIUM"] = chromium()
        for major in (3, 4):
            environment[f"PLAYGROUND_GRADIO_CLIENT_{major}"] = str(pythons[f"gradio-client-{major}"])
    else:
        environment["PLAYGROUND_CONTRACT_OLD_SDK"] = str(pythons["sdk-old"])
        environment["PLAYGROUND_CONTRACT_SCHEMATHESIS"] = str(pythons["schemathesis"])
    suite = ["browser"] if arguments.browser else ["--ignore=browser"]
    if arguments.only:
        suite = [arguments.only, "--capture=no"]
    with tempfile.TemporaryDirectory(prefix="playground-contract-") as scratch:
        report = Path(scratch) / "report.xml"
        if arguments.output:
            arguments.output.mkdir(parents=True, exist_ok=True)
            report = arguments.output.resolve() / "report.xml"
            environment["PLAYGROUND_CONTRACT_OUTPUT"] = str(report.parent)
        python = pythons["browser" if arguments.browser else "sdk-new"]
        command = [str(python), "-m", "pytest", f"--junitxml={report}", "-o", "junit_logging=all", *suite]
        command += arguments.pytest
        code = subprocess.run(command, cwd=HERE, env=environment, check=False).returncode
        passed, failed, skipped = counts(report)
    if code not in (0, 1) and failed == 0:
        failed = 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
