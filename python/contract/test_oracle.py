"""What belongs to one connection only, through our gateway and through nginx, to the same app: where they differ, there is a
reason for it (docs/security.md, beside items 38 to 40)."""

import json
from pathlib import Path

import pytest
from support import plugins
from support.agent import free_port
from support.nginx import Nginx
from support.raw_http import ask

RECORDER = (Path(__file__).parent / "support/recorder.py").read_text()
WEBSOCKET = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13"
# Method and version, and the lines of the head between the host and the end; after an empty line the body.
CASES = {
    "plain": "GET",
    "connection-names": "GET\nConnection: keep-alive, X-Mine\nX-Mine: 1\nX-Other: 2",
    "connection-names-host": "GET\nConnection: Host, X-Forwarded-For",
    "te": "GET\nTE: trailers",
    "te-named": "GET\nConnection: TE\nTE: gzip, trailers",
    "keep-alive": "GET\nKeep-Alive: timeout=5\nConnection: keep-alive",
    "close": "GET\nConnection: close",
    "proxy-connection": "GET\nProxy-Connection: keep-alive",
    "proxy-authorization": "GET\nProxy-Authorization: Basic eDp5",
    "upgrade-unconnected": f"GET\nUpgrade: websocket\n{WEBSOCKET}",
    "upgrade-h2c": "GET\nConnection: Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: AAMAAABk",
    "websocket": f"GET\nConnection: keep-alive, Upgrade\nUpgrade: websocket\n{WEBSOCKET}",
    "websocket-refused": f"GET\nConnection: Upgrade\nUpgrade: websocket\n{WEBSOCKET}",
    "websocket-post": f"POST\nConnection: Upgrade\nUpgrade: websocket\n{WEBSOCKET}\nContent-Length: 0",
    "early-hints": "GET",
    "continue-unasked": "GET",
    "head": "HEAD",
    "not-modified": 'GET\nIf-None-Match: "a"',
    "no-content": "DELETE",
    "length-body": "POST\nContent-Length: 5\n\nhello",
    "empty-body": "POST\nContent-Length: 0",
    "chunked-body": "POST\nTransfer-Encoding: chunked\n\n5\r\nhello\r\n0\r\n\r\n",
    "trailers-body": "POST\nTransfer-Encoding: chunked\nTrailer: X-T\n\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
    "get-with-body": "GET\nContent-Length: 5\n\nhello",
    "expect": "POST\nExpect: 100-continue\nContent-Length: 5\n\nhello",
    "chunked-answer": "GET",
    "trailers-answer": "GET\nTE: trailers",
    "until-close": "GET",
    "old-answer": "GET",
    "part": "GET\nRange: bytes=1-2",
    "not-a-part": "GET\nRange: bytes=99-",
    "named-answer": "GET",
    "hop-answer": "GET",
    "login": "GET",
    "old-request": "GET HTTP/1.0",
    "old-request-kept": "GET HTTP/1.0\nConnection: keep-alive",
}
# What each gateway says of itself and of the visitor: tests of their own are about it.
OF_THE_GATEWAY = ("x-forwarded-", "date:", "server:", "content-security-policy:", "referrer-policy:", "x-content-type-options:")
# Says what holds for HTTP/1.1 anyway; whether the connection stays is looked at.
IDLE = ("connection: keep-alive",)
# By case: what only nginx does (-), what only ours does (+), and why that is as it should be.
ONE_CONNECTION = "it belongs to one connection (RFC 9110, section 7.6.1), and this gateway has two"
NO_OTHER_PROTOCOL = "of all protocols only WebSocket is carried, and only where the request is one by all of its headers"
CHUNKS = "a body of unknown length passes as it comes; its connection ends with it, so that nothing hides behind it"
NO_TRAILERS = "trailers are dropped, so none are announced"
INTERIM = "this nginx takes an interim answer for the last one, and the real one is lost; ours drops the interim one"
OLD = "whoever asks in HTTP/1.0 is answered in it"
DIFFERENCES = {
    "connection-names": (["- saw x-mine: 1"], ONE_CONNECTION),
    "proxy-connection": (["- saw proxy-connection: keep-alive"], ONE_CONNECTION),
    "proxy-authorization": (["- saw proxy-authorization: basic edp5"], "it was meant for a gateway, and here that is us"),
    "upgrade-unconnected": (["- saw connection: upgrade", "- saw upgrade: websocket"], NO_OTHER_PROTOCOL),
    "upgrade-h2c": (["- saw connection: upgrade", "- saw http2-settings: aamaaabk", "- saw upgrade: h2c"], NO_OTHER_PROTOCOL),
    "chunked-body": (
        [
            "- got connection open",
            "- saw body length 'hello' []",
            "- saw content-length: 5",
            "+ got connection closed",
            "+ got connection: close",
            "+ saw body chunked 'hello' []",
            "+ saw transfer-encoding: chunked",
        ],
        CHUNKS,
    ),
    "trailers-body": (
        [
            "- got connection open",
            "- saw body length 'hello' []",
            "- saw content-length: 5",
            "- saw trailer: x-t",
            "+ got connection closed",
            "+ got connection: close",
            "+ saw body chunked 'hello' []",
            "+ saw transfer-encoding: chunked",
        ],
        f"{CHUNKS}; {NO_TRAILERS}",
    ),
    "early-hints": (["- got HTTP/1.1 103 Early Hints", "- got connection silent", "+ got connection open"], INTERIM),
    "continue-unasked": (["- got HTTP/1.1 100 Continue", "- got connection silent", "+ got connection open"], INTERIM),
    "expect": (["+ saw expect: 100-continue"], "the app itself says whether it wants the body; nginx says so before it asked"),
    "trailers-answer": (["- got trailer: x-t"], NO_TRAILERS),
    "named-answer": (["- got x-mine: 1"], ONE_CONNECTION),
    "hop-answer": (
        ["- got proxy-authenticate: basic", "- got proxy-connection: close", "- got upgrade: h2c"],
        ONE_CONNECTION,
    ),
    "old-request": (["- got HTTP/1.1 200 OK", "- got connection: close", "+ got HTTP/1.0 200 OK"], OLD),
    "old-request-kept": (["- got HTTP/1.1 200 OK", "+ got HTTP/1.0 200 OK"], OLD),
}


@pytest.fixture(scope="module")
def both(agent, sdk, tmp_path_factory):
    """The addresses of both gateways, and the host that the app has at ours."""
    file = tmp_path_factory.mktemp("recorder") / "recorder.zip"
    file.write_bytes(plugins.plugin("recorder", app=RECORDER))
    container = sdk.create_container("recorder@1.0.0", plugin_file=file)
    assert container["status"] == "running", container
    host, _, port = agent.url.removeprefix("http://").rpartition(":")
    label = container["name"].replace("_", "-")
    nginx = Nginx(tmp_path_factory.mktemp("nginx"), free_port(), container["endpoint"].removeprefix("http://"))
    try:
        yield nginx.address, (host, int(port)), f"{label}.localhost:{port}", agent.token
    finally:
        nginx.close()
        sdk.delete_container(container["pk"])


def request(case, host, token):
    """The bytes of a case."""
    head, _, body = CASES[case].partition("\n\n")
    first, *lines = head.split("\n")
    method, _, version = first.partition(" ")
    lines = [f"{method} /case/{case} {version or 'HTTP/1.1'}", f"Host: {host}", f"Authorization: {token}", *lines]
    return "\r\n".join([*lines, "", body]).encode()


def facts(kind, lines):
    """Lines of a head, in an order of their own and without what the gateway says itself."""
    kept = sorted(line.lower() for line in lines if not line.lower().startswith((*OF_THE_GATEWAY, *IDLE)))
    return {f"{kind} {line}" for line in kept}


def told(address, host, token, case):
    """All that the app saw of a case, and all that the visitor got, a fact a line."""
    heads, body, state = ask(address, request(case, host, token), is_head=case == "head", then=b"over the tunnel")
    found = {f"got {head[0]}" for head in heads} | facts("got", heads[-1][1:]) | {f"got body {body!r}", f"got connection {state}"}
    look = f"GET /seen/{case} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {token}\r\nConnection: close\r\n\r\n".encode()
    _, seen, _ = ask(address, look)
    head, (framing, sent, trailers) = json.loads(seen)
    first, *lines = head.strip().splitlines()
    lines = [line for line in lines if not line.lower().startswith("authorization:")]
    return found | facts("saw", lines) | {f"saw {first}", f"saw body {framing} {sent!r} {trailers}"}


@pytest.mark.parametrize("case", CASES)
def test_nginx_does_the_same_or_there_is_a_reason(both, case):
    nginx, ours, host, token = both
    theirs, mine = told(nginx, host, token, case), told(ours, host, token, case)
    differences = [f"- {fact}" for fact in sorted(theirs - mine)] + [f"+ {fact}" for fact in sorted(mine - theirs)]
    listed = DIFFERENCES.get(case, ([], ""))[0]
    assert differences == listed, "\n".join(differences)
