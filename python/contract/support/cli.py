"""The command line, as a user who set the address and the token in the environment."""

import os


def command(agent, *arguments):
    """What `subprocess` wants to know of a call."""
    settings = {"PLAYGROUND_URL": agent.url, "PLAYGROUND_TOKEN": agent.token, "LC_ALL": "C.UTF-8"}
    return {"args": [os.environ["PLAYGROUND_BINARY"], *map(str, arguments)], "env": {**os.environ, **settings}, "text": True}
