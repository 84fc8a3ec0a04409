#!/usr/bin/env python3
"""Runs the contract suite: the real SDK, ours, and gradio_client against an Agent on a real Docker Engine.

Needs Python 3.10 or newer with venv, a Docker Engine with the base image, and a built binary. The environments are
made once under the cache and used again until their requirements change.

    python3 python/contract/run.py [--binary PATH] [--browser | --sdk] [-- PYTEST ARGUMENTS]
"""

import argparse
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
OUR_SDK = REPO / "python" / "sdk"
REQUIREMENTS = HERE / "requirements"

# Which SDK goes into which environment. Its wheels name a newer Python and a hundred packages that a client of the Agent
# never imports, so they are installed by themselves, untouched, beside what the client part does import.
ENVIRONMENTS = {
    "sdk-new": ("sdk-new.txt", "synapse-sdk==2026.2.17"),
    "sdk-old": ("sdk-old.txt", "synapse-sdk==2026.1.50"),
    "schemathesis": ("schemathesis.txt", None),
}
# Both SDKs are called `synapse_sdk`, so ours has an environment of its own, in which it is installed anew for every run.
OWN_ENVIRONMENTS = {"playground-sdk": ("playground-sdk.txt", None)}
# The oldest Python and the oldest httpx that ours says it runs with, for its own tests.
OLDEST_PYTHON = "python3.9"
OLDEST_ENVIRONMENT = {"playground-sdk-oldest": ("playground-sdk-oldest.txt", None)}
# Whose Agents, ports and networks are all their own, so that they may run beside the others.
APART = ["test_recovery.py", "test_container.py"]
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


def ensure(name: str, program: str = sys.executable) -> Path:
    """The Python of an environment, made when it is missing or its requirements changed."""
    file, sdk = {**ENVIRONMENTS, **OWN_ENVIRONMENTS, **OLDEST_ENVIRONMENT, **BROWSER_ENVIRONMENTS}[name]
    requirements = (REQUIREMENTS / file).read_bytes()
    maker = sys.version if program == sys.executable else program
    stamp = hashlib.sha256(requirements + f"{sdk} {maker}".encode()).hexdigest()
    environment = cache_dir() / name
    stamp_file = environment / "stamp"
    if stamp_file.is_file() and stamp_file.read_text() == stamp:
        return python_of(environment)
    print(f"making the Python environment {name}", flush=True)
    shutil.rmtree(environment, ignore_errors=True)
    environment.parent.mkdir(parents=True, exist_ok=True)
    checked([program, "-m", "venv", str(environment)])
    install = [str(python_of(environment)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    checked([*install, "-r", str(REQUIREMENTS / file)])
    if sdk:
        # Last: pip would complain of everything that the SDK names and a client does not need.
        checked([*install, "--no-deps", "--ignore-requires-python", sdk])
    # Written last: an environment without it was interrupted and is made again.
    stamp_file.write_text(stamp)
    return python_of(environment)


def oldest_python() -> str:
    """The oldest Python, where this machine has it; else nothing, which is said."""
    program = shutil.which(OLDEST_PYTHON)
    # A version manager puts names on the path that lead nowhere.
    if program and subprocess.run([program, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0:
        return program
    print(f"NOT RUN: there is no {OLDEST_PYTHON}, with which our SDK's own tests run as well where there is one", flush=True)
    return ""


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


def install_our_sdk(python: Path) -> None:
    """The distribution as others install it, from the sources as they are."""
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--force-reinstall"]
    checked([*install, "--no-deps", "--no-build-isolation", str(OUR_SDK)])


class Suite(NamedTuple):
    """One run of pytest."""

    name: str
    python: Path
    folder: Path
    arguments: list
    settings: dict


def suites(arguments) -> list:
    """What is to be run, with the environments made: one list after the other, and those in a list beside each other."""
    groups = [BROWSER_ENVIRONMENTS] if arguments.browser else [OWN_ENVIRONMENTS]
    if not (arguments.browser or arguments.sdk):
        groups = [ENVIRONMENTS, *([] if arguments.only else [OWN_ENVIRONMENTS])]
    pythons = {name: ensure(name) for group in groups for name in group}
    only = [arguments.only, "--capture=no"] if arguments.only else []
    if arguments.browser:
        majors = {f"PLAYGROUND_GRADIO_CLIENT_{major}": str(pythons[f"gradio-client-{major}"]) for major in (3, 4)}
        settings = {"PLAYGROUND_CHROMIUM": chromium(), **majors}
        return [[Suite("report", pythons["browser"], HERE, only or ["browser"], settings)]]
    found = []
    if "sdk-new" in pythons:
        others = {"PLAYGROUND_CONTRACT_OLD_SDK": "sdk-old", "PLAYGROUND_CONTRACT_SCHEMATHESIS": "schemathesis"}
        settings = {name: str(pythons[environment]) for name, environment in others.items()}
        rest = ["--ignore=browser", *(f"--ignore={file}" for file in APART)]
        found.append([Suite("report", pythons["sdk-new"], HERE, only or rest, settings)])
        if not only:
            found[0].append(Suite("report-apart", pythons["sdk-new"], HERE, APART, settings))
    if python := pythons.get("playground-sdk"):
        install_our_sdk(python)
        settings = {"PLAYGROUND_CONTRACT_SDK": "ours"}
        found.append([Suite("report-sdk", python, HERE, only or ["--ignore=browser"], settings)])
        if not only:
            found[0].append(Suite("report-sdk-alone", python, OUR_SDK, [], {}))
            if program := oldest_python():
                oldest = ensure("playground-sdk-oldest", program)
                # Its types were checked for that Python already.
                found[0].append(Suite("report-sdk-oldest", oldest, OUR_SDK, ["--ignore=tests/test_types.py"], {"PYTHONPATH": "src"}))
    return found


# How pytest ends: all passed, some failed, none was chosen.
PASSED, FAILED, NONE_CHOSEN = 0, 1, 5
# Seconds for a suite that was interrupted to remove what it made.
TIDYING = 60


def report_of(suite: Suite, reports: Path) -> Path:
    return reports / f"{suite.name}.xml"


def begin(suite: Suite, reports: Path, environment: dict, extra: list, output) -> subprocess.Popen:
    report = f"--junitxml={report_of(suite, reports)}"
    command = [str(suite.python), "-m", "pytest", report, "-o", "junit_logging=all", *suite.arguments, *extra]
    streams = {"stdout": output, "stderr": subprocess.STDOUT} if output else {}
    return subprocess.Popen(command, cwd=suite.folder, env={**environment, **suite.settings}, **streams)


def run(beside: list, reports: Path, environment: dict, extra: list) -> list:
    """Runs suites beside each other, and returns the counts of each. The first is seen as it runs; what the others print is printed
    whole, once they and those before them have ended."""
    with contextlib.ExitStack() as stack:
        running = []
        for suite in beside:
            output = stack.enter_context(tempfile.TemporaryFile()) if running else None
            process = begin(suite, reports, environment, extra, output)
            stack.callback(end, process)
            running.append((suite, process, output))
        return [counted(*one, reports, extra) for one in running]


def counted(suite: Suite, process: subprocess.Popen, output, reports: Path, extra: list) -> tuple:
    """Its counts, once it has ended. Whoever chooses tests chooses none of some suites."""
    code = process.wait()
    if output:
        print(f"\n{suite.name}, which ran beside:", flush=True)
        output.seek(0)
        shutil.copyfileobj(output, sys.stdout.buffer)
        sys.stdout.flush()
    passed, failed, skipped = counts(report_of(suite, reports))
    # What ended otherwise than with tests that passed or failed did not run to its end.
    ended_well = code in (PASSED, FAILED) or (extra and code == NONE_CHOSEN)
    return passed, max(failed, int(not ended_well)), skipped


def end(process: subprocess.Popen) -> None:
    """Whatever still runs when this run is broken off: a Ctrl-C has reached it, too."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(TIDYING)
    process.kill()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", help="the playground binary; default target/release, else target/debug")
    parser.add_argument("--output", type=Path, help="keep the Agents' logs and what every test printed in this folder")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--browser", action="store_true", help="the apps and the page in a real Chromium, and nothing else")
    part.add_argument("--sdk", action="store_true", help="our SDK: its own tests and the suite with it, and nothing else")
    parser.add_argument("--only", help="one file, a benchmark among them, instead of the suite; what it prints is shown")
    parser.add_argument("--environments-only", action="store_true", help="make the Python environments and end")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    arguments = parser.parse_args()
    planned = suites(arguments)
    if arguments.environments_only:
        return 0
    environment = {
        **os.environ,
        "PLAYGROUND_BINARY": str(binary(arguments.binary)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with tempfile.TemporaryDirectory(prefix="playground-contract-") as scratch:
        reports = Path(scratch)
        if arguments.output:
            arguments.output.mkdir(parents=True, exist_ok=True)
            reports = arguments.output.resolve()
            environment["PLAYGROUND_CONTRACT_OUTPUT"] = str(reports)
        told = [numbers for beside in planned for numbers in run(beside, reports, environment, arguments.pytest)]
    passed, failed, skipped = (sum(numbers) for numbers in zip(*told))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
