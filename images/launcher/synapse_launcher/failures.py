"""What went wrong in the plugin, in a stable word, one sentence, and a hint that a person can act on."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from types import TracebackType
from typing import Any, Dict, List, Optional, Tuple

from .events import EXIT_LAUNCH_FAILED, EXIT_PLUGIN_RAISED, Failure
from .gradio_hooks import is_launch_failure

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))
_ENTRY = os.path.join(os.path.dirname(_OWN_FOLDER), "launch.py")

# Names to import that differ from the names to install.
_DISTRIBUTIONS = {
    "cv2": "opencv-python-headless", "PIL": "pillow", "sklearn": "scikit-learn", "skimage": "scikit-image",
    "yaml": "pyyaml", "bs4": "beautifulsoup4", "dotenv": "python-dotenv", "fitz": "pymupdf", "docx": "python-docx",
    "dateutil": "python-dateutil", "Levenshtein": "levenshtein", "Crypto": "pycryptodome", "serial": "pyserial",
    "pptx": "python-pptx", "magic": "python-magic", "jwt": "pyjwt", "git": "gitpython", "zmq": "pyzmq",
    "attr": "attrs", "faiss": "faiss-cpu", "pkg_resources": "setuptools", "OpenSSL": "pyopenssl",
    "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient", "whisper": "openai-whisper",
}  # fmt: skip


def from_exception(error: BaseException, root: str) -> Failure:
    """The failure to report for an exception that left the plugin's code (or ``launch``)."""
    while isinstance(error, _group_type()) and len(error.exceptions) == 1:  # type: ignore[attr-defined]
        error = error.exceptions[0]  # type: ignore[attr-defined]
    if isinstance(error, Failure):
        return error
    file, line = _place(error, root)
    # The plain facts: whoever shows the failure in another language has its own words for the rest.
    fields: Dict[str, Any] = {"type": type(error).__name__, "file": file, "line": line, "detail": _text(error)}
    if isinstance(error, SystemExit):
        fields["detail"] = str(error.code)[:500]
        message = "The plugin ended itself (exit {}) before it launched anything.".format(error.code)
        return Failure(EXIT_PLUGIN_RAISED, "plugin_exited", message, **fields)
    if is_launch_failure(error):
        return Failure(EXIT_LAUNCH_FAILED, "launch_failed", "Launching the app failed: {}".format(_text(error)), **fields)
    reason, hint = _reason(error, root)
    if isinstance(error, SyntaxError):
        fields["detail"] = error.msg
    fields["causes"] = [_text(cause) for cause in _chain(error)[1:]] or None
    if isinstance(error, ImportError):
        fields["module"] = error.name
    if reason == "missing_dependency":
        fields["package"] = _distribution(error.name or "")
    if reason == "missing_env":
        fields["variable"] = str(error.args[0])[:200] if error.args else None
    if reason == "missing_system_library":
        fields["library"] = str(error).split(":")[0].strip()[:200]
    message = "The plugin raised {} while it was imported: {}".format(type(error).__name__, _text(error))
    return Failure(EXIT_PLUGIN_RAISED, reason, message, hint=hint, **fields)


def _group_type() -> Any:
    import builtins

    return getattr(builtins, "BaseExceptionGroup", ())


def _text(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:500]


def _reason(error: BaseException, root: str) -> Tuple[str, Optional[str]]:
    if isinstance(error, ModuleNotFoundError):
        return _missing_module(error.name or "", root)
    if isinstance(error, SyntaxError):
        return "syntax_error", None
    if isinstance(error, (ImportError, OSError)) and "cannot open shared object file" in str(error):
        return _missing_library(str(error))
    if isinstance(error, ImportError):
        return _import_error(str(error))
    if isinstance(error, KeyError) and _raised_in(error, ("os.py", "<frozen os>")):
        return "missing_env", "Pass {} in envs when the container is created.".format(error.args[0] if error.args else "it")
    if isinstance(error, MemoryError):
        return "out_of_memory", "Give the plugin more memory, or load less at import."
    if isinstance(error, PermissionError) or getattr(error, "errno", None) == 30:
        return "not_writable", "The plugin may write below its own folder, its home and /tmp only."
    if _is_network(error):
        return "network_unreachable", "The plugin needs the network while it starts; ship the file with the plugin instead."
    if isinstance(error, FileNotFoundError):
        return "file_not_found", "Paths are relative to the plugin's root; is the file in the archive?"
    return "plugin_raised", None


def _missing_module(name: str, root: str) -> Tuple[str, str]:
    top = name.split(".")[0]
    if os.path.exists(os.path.join(root, top)) or os.path.exists(os.path.join(root, top + ".py")):
        return "missing_module", "{} is not in the plugin's archive.".format(name)
    return "missing_dependency", "Add {} to requirements.txt.".format(_distribution(name))


def _distribution(module: str) -> str:
    top = module.split(".")[0]
    return _DISTRIBUTIONS.get(top, top)


def _missing_library(text: str) -> Tuple[str, str]:
    """Of packages with C code (ImportError) and of those that load the library themselves (OSError)."""
    hint = "The image lacks this system library; for OpenCV use opencv-python-headless."
    return "missing_system_library", hint if "libGL" in text else "The image lacks this system library."


def _import_error(text: str) -> Tuple[str, Optional[str]]:
    if "cannot import name" in text:
        return "import_error", "Two packages do not fit together; pin their versions in requirements.txt."
    return "import_error", None


def _is_network(error: BaseException) -> bool:
    for current in _chain(error):
        if isinstance(current, (ConnectionError, TimeoutError)) or type(current).__name__ in (
            "gaierror", "ConnectError", "ConnectTimeout", "URLError", "MaxRetryError", "LocalEntryNotFoundError",
        ):  # fmt: skip
            return True
    return "unable to resolve hostname" in str(error).lower()


def _chain(error: BaseException) -> List[BaseException]:
    """The exception and those that led to it, the last one first."""
    chain = []
    current: Optional[BaseException] = error
    while current is not None and len(chain) < 8:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain


def _raised_in(error: BaseException, files: Tuple[str, ...]) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and os.path.basename(frames[-1].filename) in files


def _place(error: BaseException, root: str) -> Tuple[Optional[str], Optional[int]]:
    """The last line of the plugin's own that was on the way; a path inside the plugin is given relative to its root."""
    if isinstance(error, SyntaxError) and error.filename:
        return _relative(error.filename, root), error.lineno
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_own(frame.filename)]
    inside = [frame for frame in frames if os.path.abspath(frame.filename).startswith(root + os.sep)]
    inside = [frame for frame in inside if "site-packages" not in frame.filename] or inside
    chosen = (inside or frames)[-1:] or None
    return (_relative(chosen[0].filename, root), chosen[0].lineno) if chosen else (None, None)


def _relative(file: str, root: str) -> str:
    path = os.path.abspath(file)
    return os.path.relpath(path, root) if path.startswith(root + os.sep) else path


def _is_own(file: str) -> bool:
    if file.startswith("<frozen "):
        return True
    path = os.path.abspath(file)
    return path.startswith(_OWN_FOLDER + os.sep) or path in (_ENTRY, importlib.__file__)


def print_traceback(error: BaseException) -> None:
    """The plugin's traceback as Python prints it, without the frames that are the launcher's."""
    report = traceback.TracebackException(type(error), error, _trimmed(error.__traceback__))
    _trim_report(report, 0)
    try:
        sys.stdout.flush()
        sys.stderr.write("".join(report.format()))
        sys.stderr.flush()
    except (OSError, ValueError):
        pass


def _trimmed(trace: Optional[TracebackType]) -> Optional[TracebackType]:
    while trace is not None and _is_own(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def _trim_report(report: Any, depth: int) -> None:
    report.stack[:] = [frame for frame in report.stack if not _is_own(frame.filename)]
    for linked in (report.__cause__, report.__context__):
        if linked is not None and depth < 16:
            _trim_report(linked, depth + 1)
