"""What the Agent reads: one ``SYNAPSE {json}`` line per event on stderr, and the exit codes."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

PREFIX = "SYNAPSE "

EXIT_OK = 0
EXIT_BAD_ENTRYPOINT = 64
EXIT_NOTHING_LAUNCHABLE = 65
EXIT_MODULE_NOT_FOUND = 66
EXIT_PLUGIN_RAISED = 67
EXIT_LAUNCH_FAILED = 68

_LINE_LIMIT = 8_000
_lock = threading.Lock()


def emit(event: str, **fields: Any) -> None:
    """Writes one event. Fields that are ``None`` are left out, so that a reader needs one test instead of two."""
    record = {"event": event}
    record.update({key: _bounded(value) for key, value in fields.items() if value is not None})
    line = PREFIX + json.dumps(record, ensure_ascii=True, default=str) + "\n"
    # One write call a line: threads of the plugin print to the same stream.
    with _lock:
        try:
            sys.stdout.flush()
            os.write(2, line.encode("ascii"))
        except (OSError, ValueError, AttributeError):
            pass


def _bounded(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LINE_LIMIT:
        return value[:_LINE_LIMIT] + "..."
    return value


class Failure(Exception):
    """A reason why there is nothing to serve, in the words of the protocol."""

    def __init__(self, exit_code: int, reason: str, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.reason = reason
        self.message = message
        self.fields = fields

    def report(self) -> int:
        emit("error", reason=self.reason, message=self.message, **self.fields)
        return self.exit_code
