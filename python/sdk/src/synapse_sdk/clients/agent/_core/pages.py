"""Lists, page by page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, List, Optional
from urllib.parse import parse_qs, urlsplit

from synapse_sdk.clients.agent._core.wire import JSON, Flow, Query, Request, ask, mapping

PAGE_SIZE = 100


def page(request: Request) -> Flow[JSON]:
    """One page: `count`, `next`, `previous` and `results`."""
    return (yield from ask(request)).object()


def one_page(path: str, params: Optional[Query]) -> Request:
    """The request for the page of a list that `params` say.

    Raises:
        TypeError: They are no mapping.
    """
    return Request("GET", path, query=mapping("params", params))


def first_of_all(path: str, params: Optional[Query]) -> Request:
    """The request for the first page of a list that is read to its end. As `one_page`."""
    request = one_page(path, params)
    return replace(request, query={"page_size": PAGE_SIZE, **request.query})


def items(told: JSON) -> List[Any]:
    """What is on a page."""
    return list(told.get("results") or [])


def following(request: Request, told: JSON) -> Optional[Request]:
    """The request for the page after this one.

    Only the query of `next` is used: the token goes to nobody but the Agent that the client was given.
    """
    address = told.get("next")
    return replace(request, query=parse_qs(urlsplit(address).query)) if address else None
