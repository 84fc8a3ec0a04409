"""How long an Agent that is away is waited for."""

from __future__ import annotations

import time
from typing import Iterator, Optional

from synapse_sdk.exceptions import ClientConnectionError, ClientError, ClientTimeoutError

# A connection that broke is made again within these.
AGAIN = (0.2, 1.0)
# An Agent is started anew within these: 24 seconds in all.
RESTART = (0.5, 1.0, 2.0, 4.0, 8.0, 8.0)
# What a proxy says while the Agent behind it is away. The Agent itself never does.
AWAY = (502, 503, 504)


def is_away(error: ClientError) -> bool:
    """Whether this says that there is no Agent just now, and nothing about what was asked."""
    return isinstance(error, (ClientConnectionError, ClientTimeoutError)) or error.status_code in AWAY


def pauses(deadline: Optional[float]) -> Iterator[float]:
    """Seconds to wait before each further try.

    `deadline`, as `time.monotonic()` tells time, is that of whoever waits for an Agent that was there before; nobody is as
    patient with an address where none was.
    """
    if deadline is None:
        yield from AGAIN
        return
    for pause in RESTART:
        left = deadline - time.monotonic()
        if left <= 0:
            return
        yield min(pause, left)
