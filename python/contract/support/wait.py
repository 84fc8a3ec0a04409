"""Waiting on a condition: never for a time, always with a deadline, and a failure tells the last state seen."""

import time

PATIENCE = 90.0
"""Seconds for anything that Docker does; generous, because the machine may be busy. Nothing waits this long when it works."""


def eventually(look, is_there=bool, *, what, patience=PATIENCE):
    """Looks again and again until `is_there` holds for what is seen, and returns that."""
    deadline = time.monotonic() + patience
    while True:
        seen = look()
        if is_there(seen):
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {patience:g} s; last seen: {seen!r}")
        time.sleep(0.05)
