"""Server-sent events, read as a browser reads them."""

import time
from contextlib import closing

from .wait import PATIENCE


def events(response):
    """(id, data) of every event, as they come. Ends with the stream."""
    response.encoding = "utf-8"
    deadline = time.monotonic() + PATIENCE
    with closing(response):
        name, data = None, []
        # A byte at a time: an event must be seen when it is sent, not when a buffer is full.
        for line in response.iter_lines(chunk_size=1, decode_unicode=True):
            # A quiet stream still says that it lives, so that this is looked at now and then.
            assert time.monotonic() < deadline, "what was waited for never came over this stream"
            if not line:
                if data:
                    yield name, "\n".join(data)
                data = []
            elif line.startswith("id:"):
                name = line[3:].strip()
            elif line.startswith("data:"):
                data.append(line[5:].removeprefix(" "))
