"""Why an installation of requirements failed: from the log of uv or pip to one line that the Agent reads.

    python explain.py LOG [--field NAME]

Standard library only; runs inside the image that is being built, with whatever Python (3.7 or newer) it has.
"""

import json
import re
import sys
from typing import Callable, Dict, List, NamedTuple, Optional, Pattern

LOG_LIMIT = 200_000
SUBJECT_LIMIT = 160


class Cause(NamedTuple):
    """One kind of failure: what the log says, and what to say about it. ``{0}`` is the name the pattern captured."""

    kind: str
    pattern: Pattern
    message: str


def _cause(kind: str, pattern: str, message: str) -> Cause:
    return Cause(kind, re.compile(pattern, re.MULTILINE | re.DOTALL), message)


_REQUIREMENT = r"([A-Za-z0-9][A-Za-z0-9._\[\]-]*[^\s`'\"(,]*)"
_BROKEN_LINE = "requirements.txt has a line that is no requirement: {0}"
_OTHER_PYTHON = "{0} does not exist for the Python version of the base image."
_NO_WHEEL = "{0} is offered as source code only, and this site installs ready-made wheels only."
_BROKEN = "What the package index offers of {0} cannot be read."
_BUILD_FAILED = "Building {0} from its source code failed."

# In this order: what is the root comes before what follows from it. A full disk or a broken line to the index makes
# every tool also say that it found no version.
CAUSES: List[Cause] = [
    _cause("disk_full", r"No space left on device|Disk quota exceeded", "The disk of the build is full."),
    _cause(
        "tls",
        r"invalid peer certificate|CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSLError|self[- ]signed certificate",
        "The package index's certificate is not trusted; the company's CA bundle is missing or wrong.",
    ),
    _cause("bad_requirement", r"^ERROR: Invalid requirement: ([^\n]+?)(?:: Expected[^\n]*)?(?: \(from[^\n]*)?$", _BROKEN_LINE),
    _cause("bad_requirement", r"Couldn't parse requirement in [^\n]*\n(?:[^\n]*cause: [^\n]*\n) +([^\n]+)", _BROKEN_LINE),
    _cause("bad_requirement", r"Couldn't parse requirement in ([^\n]*)|^error: (Unexpected '[^\n]*)", _BROKEN_LINE),
    _cause("bad_requirement", r"(Unsupported requirement[^\n]*|is not a valid editable requirement)", _BROKEN_LINE),
    _cause("network", r"error sending request|dns error|tcp connect error|NewConnectionError|NameResolutionError|ConnectTimeoutError|"
           r"Could not resolve host|ReadTimeoutError|Failed to establish a new connection|Connection reset by peer|"
           r"is not a trusted or secure host|operation timed out|Network is unreachable|Temporary failure in name resolution|"
           r"HTTP status (?:server error|client error \((?:401|403|407|429))|Git operation failed",
           "The package index (or a URL in requirements.txt) could not be reached."),
    _cause("python_version", r"Because " + _REQUIREMENT + r" requires Python [^\n]*", _OTHER_PYTHON),
    _cause("python_version", r"the current Python version \([^)]*\) does not satisfy Python[^\n]*?(?:and|Because) (\S+)", _OTHER_PYTHON),
    _cause("python_version", r"Package '([^']+)' requires a different Python", _OTHER_PYTHON),
    _cause("python_version", r"require a different python version:[^\n]*?(?P<v>[\w.]+) Requires-Python.*No matching distribution found for ([^\s=]+==(?P=v))\s", _OTHER_PYTHON),
    _cause("python_version", r"Because " + _REQUIREMENT + r" has no wheels with a matching (?:Python|platform)", _OTHER_PYTHON),
    _cause("needs_source_build", r"Wheels are required for `([^`]+)`", _NO_WHEEL),
    _cause("needs_source_build", r"\(from versions: none\)\s+ERROR: No matching distribution found for " + _REQUIREMENT + r".*^Available versions:", _NO_WHEEL),
    _cause("source_build_failed", r"Failed to (?:download and )?build `([^`]+)`", _BUILD_FAILED),
    _cause("source_build_failed", r"ERROR: Failed to build '([^']+)'", _BUILD_FAILED),
    _cause("source_build_failed", r"Could not build wheels for ([^\s,]+)|Failed building wheel for (\S+)", _BUILD_FAILED),
    _cause("source_build_failed", r"(?:Getting requirements to build wheel|Preparing metadata[^\n]*|python setup\.py egg_info) did not run successfully", "Building a requirement from its source code failed."),
    _cause("broken_package", r"Because " + _REQUIREMENT + r" has an? (?:invalid package format|inconsistent metadata|invalid metadata)", _BROKEN),
    _cause("broken_package", r"^ERROR: Wheel '([^']+)' located at [^\n]* is invalid", _BROKEN),
    _cause("no_such_package", r"Because " + _REQUIREMENT + r" was not found in the", "The package index has no package named {0}."),
    _cause("no_such_version", r"Because there is no version of " + _REQUIREMENT, "The version asked for does not exist: {0}"),
    _cause("no_such_version", r"Because only [^\n]*? (?:is|are) available and you require " + _REQUIREMENT, "The version asked for does not exist: {0}"),
    _cause("no_such_package", r"satisfies the requirement " + _REQUIREMENT + r"[^\n]*\(from versions: none\)", "The package index has no package for {0}."),
    _cause("no_such_version", r"satisfies the requirement " + _REQUIREMENT + r"[^\n]*\(from versions: ", "The version asked for does not exist (for this Python): {0}"),
    _cause("version_conflict", r"And because you require ([^\n,]+), we can conclude that your requirements are unsatisfiable", "The requirements contradict each other: {0}."),
    _cause("version_conflict", r"Cannot install ([^\n]+?) because these package versions have conflicting", "The requirements contradict each other: {0}."),
    _cause("version_conflict", r"ResolutionImpossible|No solution found when resolving|we can conclude that", "The requirements contradict each other."),
]  # fmt: skip


def explain(log: str) -> Dict[str, Optional[str]]:
    """``kind``, ``message`` and, where the log names one, ``requirement`` (as written) and ``package``."""
    text = log[-LOG_LIMIT:]
    for cause in CAUSES:
        match = cause.pattern.search(text)
        if match is not None:
            subject = next((group for group in reversed(match.groups()) if group), None)
            return _answer(cause, subject)
    return {"kind": "unknown", "message": "The installation failed; the build log says why.", "requirement": None, "package": None}


def _answer(cause: Cause, subject: Optional[str]) -> Dict[str, Optional[str]]:
    subject = subject.strip().rstrip(".`'") if subject else None
    if subject and len(subject) > SUBJECT_LIMIT:
        subject = subject[:SUBJECT_LIMIT] + "..."
    message = cause.message.format(subject or "a requirement")
    name = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", subject or "")
    package = name.group(0).rstrip("._-") if name and cause.kind != "bad_requirement" else None
    return {"kind": cause.kind, "message": message, "requirement": subject, "package": package}


def event(answer: Dict[str, Optional[str]]) -> str:
    """The line itself; fields without a value are left out."""
    fields = {"event": "install_error"}
    fields.update({key: value for key, value in answer.items() if value})
    return "SYNAPSE " + json.dumps(fields)


def main(arguments: List[str], write: Callable[[str], object]) -> int:
    with open(arguments[0], encoding="utf-8", errors="replace") as file:
        answer = explain(file.read())
    # --field NAME is for install.sh, which has no JSON reader.
    write(str(answer.get(arguments[2]) or "") if arguments[1:2] == ["--field"] else event(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], print))
