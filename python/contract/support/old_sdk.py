"""An older generation of the SDK, in its own environment and process, looking like the one that is imported here."""

import builtins
import json
import subprocess
from pathlib import Path

import synapse_sdk.clients.exceptions as sdk_errors

WORKER = Path(__file__).with_name("sdk_worker.py")


class OldSdk:
    """Every method call goes to the worker; its errors come back under the names that both generations share."""

    def __init__(self, python, url, token):
        self._process = subprocess.Popen(
            [python, WORKER, url, token], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __getattr__(self, method):
        if method.startswith("_"):
            raise AttributeError(method)
        return lambda *args, **kwargs: self._call(method, args, kwargs)

    def _call(self, method, args, kwargs):
        json.dump([method, args, kwargs], self._process.stdin, default=str)
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "returned" in answer:
            return answer["returned"]
        name, message = answer["raised"]
        kind = getattr(sdk_errors, name, None) or getattr(builtins, name)
        # The constructors of the SDK's errors differ; what a caller reads of them does not.
        error = kind.__new__(kind, message)
        Exception.__init__(error, message)
        error.status_code, error.detail = answer["status"], answer["detail"]
        raise error

    def close(self):
        self._process.stdin.close()
        self._process.wait(timeout=30)
