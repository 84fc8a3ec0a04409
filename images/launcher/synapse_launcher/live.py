"""Live containers: the app is a process of its own, started anew for every change of its code.

It is forked from this one, which has imported Gradio already: what takes a second at every other start takes nothing here.
The Agent puts the new code beside the launcher and sends signals.

========= =====================================================
SIGUSR1   the app is ended; whoever asks now hears nothing
SIGHUP    the same, then the code is unpacked and the app begins
SIGTERM   the app is asked to end, and this process ends with it
========= =====================================================
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from typing import Callable

from . import code

# Where the tar with the code is. Only live containers have it.
VARIABLE = "SYNAPSE_LIVE"

# What stands for the app's process while there is none.
_NONE = -1
_SIGNALS = {signal.SIGCHLD, signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM, signal.SIGINT}


def preload(hook_imports: Callable[[], None]) -> None:
    """Imports Gradio, hooked. Where that fails, the app's own import fails as well, and says why."""
    hook_imports()
    try:
        importlib.import_module("gradio")
    except BaseException:
        for name in [name for name in sys.modules if name.partition(".")[0] == "gradio"]:
            del sys.modules[name]
        hook_imports()


def stay(tar: str, root: str, run: Callable[[], int]) -> int:
    """Runs the app, again at every SIGHUP. Returns its exit code once it ended by itself; in the app's process, too."""
    # A file that changes twice in a second has one time and may have one size: its byte code must not be kept.
    sys.dont_write_bytecode = True
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    code.unpack(tar, root)
    app = os.fork()
    while app:
        got = signal.sigwait(_SIGNALS)
        if got == signal.SIGCHLD:
            ended, status = os.waitpid(app, os.WNOHANG) if app > 0 else (0, 0)
            if ended:
                return _exit_code(status)
        elif got == signal.SIGUSR1:
            app = _end(app)
        elif got == signal.SIGHUP:
            _end(app)
            code.unpack(tar, root)
            app = os.fork()
        else:
            return _ask_to_end(app, got)
    os.setpgid(0, 0)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    return run()


def _end(app: int) -> int:
    if app > 0:
        _signal(app, signal.SIGKILL)
        os.waitpid(app, 0)
    return _NONE


def _ask_to_end(app: int, got: int) -> int:
    if app <= 0:
        return 128 + got
    _signal(app, got)
    return _exit_code(os.waitpid(app, 0)[1])


def _signal(app: int, number: int) -> None:
    """To the app and what it started. In its first moment it has no group yet."""
    try:
        os.killpg(app, number)
    except OSError:
        os.kill(app, number)


def _exit_code(status: int) -> int:
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
