"""Where the Agent is, and as whom it is asked."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import Dict, Mapping, Optional, Union
from urllib.parse import urlsplit

import httpx

Timeout = Union[float, Mapping[str, float], None]
"""Seconds: one number for both, or a mapping with `connect` and `read`. `read` is a silence, not a whole time."""

CONNECT = 3.0
# A create is answered within eight seconds, and an upload is looked at before.
READ = 30.0
# One part of an upload may stand still for so long; the Agent refuses after the same time.
WRITE = 60.0
# Who asks at the last moment is given so long for the answer.
LEAST = 1.0
LIMITS = ("connect", "read")


@dataclass(frozen=True)
class Settings:
    """What every request of a client has in common."""

    base_url: str
    headers: Dict[str, str] = field(repr=False)
    timeout: httpx.Timeout

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"{self.base_url}/{path}"

    def silence(self, seconds: Optional[float], deadline: Optional[float]) -> httpx.Timeout:
        """The time limits of a request that may be silent for `seconds`, and not beyond `deadline`. See `Request`."""
        limits = self.timeout
        read = limits.read if seconds is None else seconds
        if deadline is not None:
            left = max(deadline - time.monotonic(), LEAST)
            read = left if read is None else min(read, left)
        return httpx.Timeout(connect=limits.connect, read=read, write=limits.write, pool=limits.pool)


def settings(
    base_url: Optional[str],
    agent_token: Optional[str],
    host: Optional[str],
    token: Optional[str],
    user_token: Optional[str],
    tenant: Optional[str],
    timeout: Timeout,
) -> Settings:
    """The settings behind a constructor's arguments.

    Raises:
        TypeError: The same is given under both of its names, or `timeout` has a limit that there is not.
        ValueError: There is no address, or it is none, or a token cannot be one.
    """
    address = _one("base_url", base_url, "host", host) or os.environ.get("PLAYGROUND_URL")
    given = _one("agent_token", agent_token, "token", token)
    secret = _sendable("the token", given) or _sendable("the token", os.environ.get("PLAYGROUND_TOKEN"))
    if not address:
        raise ValueError("where is the Agent? Give its address (host=...), or set PLAYGROUND_URL")
    # The token goes as it is, without a word in front.
    headers = {"Authorization": secret} if secret else {}
    for name, what, value in (("SYNAPSE-User", "user_token", user_token), ("SYNAPSE-Tenant", "tenant", tenant)):
        word = _sendable(what, value)
        if word:
            headers[name] = f"Token {word}"
    return Settings(_base(address.strip()), headers, _limits(timeout))


def _base(address: str) -> str:
    """An address that paths can be put behind."""
    if "@" in address.partition("://")[2].partition("/")[0]:
        # Not shown: it may be a password.
        raise ValueError("the address has a name before its host: the Agent takes a token, and nothing else")
    if "?" in address or "#" in address:
        raise ValueError(f"{address!r} ends in a question or a place on a page: give the Agent's address alone")
    try:
        url, port = httpx.URL(address), urlsplit(address).port
    except (httpx.InvalidURL, ValueError):
        url, port = httpx.URL(), None
    if url.scheme not in ("http", "https") or not url.host or "%" in url.host or port == 0:
        raise ValueError(f"{address!r} is no address of an Agent: it is http:// or https://, a host and, where it has one, a port")
    return address.rstrip("/")


def _sendable(what: str, secret: Optional[str]) -> str:
    """A secret as a header holds it; empty where there is none."""
    # What comes from a file has a line feed at its end. What no header can hold would be shown in the error of whoever tries.
    secret = (secret or "").strip()
    if not (secret.isascii() and secret.isprintable()):
        raise ValueError(f"{what} has characters that no header can hold: was it copied whole?")
    return secret


def _one(name: str, value: Optional[str], alias: str, other: Optional[str]) -> Optional[str]:
    if value is not None and other is not None:
        raise TypeError(f"{name} and {alias} are the same: give one of them")
    return other if value is None else value


def _limits(timeout: Timeout) -> httpx.Timeout:
    if timeout is None:
        timeout = {}
    if not isinstance(timeout, Mapping):
        timeout = {"connect": float(timeout), "read": float(timeout)}
    unknown = [repr(name) for name in timeout if name not in LIMITS]
    if unknown:
        raise TypeError(f"timeout has {' and '.join(unknown)}: it has {' and '.join(LIMITS)}, or is one number for both")
    connect = timeout.get("connect", CONNECT)
    return httpx.Timeout(connect=connect, read=timeout.get("read", READ), write=WRITE, pool=connect)
