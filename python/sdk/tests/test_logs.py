"""Streams that are cut in every place, and still told whole."""

import threading

import pytest
from scripted import COMPLETE, cut, endless, event, log, stream, told
from synapse_sdk.exceptions import (
    AuthenticationError,
    ClientConnectionError,
    ClientError,
    ClientResponseIncompleteError,
    NotFoundError,
)

WHOLE = log("하나", 1) + b": keep-alive\n\n" + log("two\u2028still two", 2) + log("", 3) + log("four", 4) + COMPLETE
FAREWELL = b'retry: 0\ndata: {"type":"status","message":"stopping"}\n\n'
LINES = ["하나", "two\u2028still two", "", "four"]


def followed(client):
    return list(client.stream_container_logs("abc"))


def test_lines_are_text_that_knows_where_it_came_from(client, server):
    server.answers(stream(WHOLE))
    lines = followed(client)
    assert lines == LINES
    assert {(line.stream, line.at) for line in lines} == {("stdout", "2026-01-01T00:00:00Z")}
    assert server.asked[0].headers["Accept"] == "text/event-stream"
    assert server.asked[0].headers["Last-Event-ID"] is None


def test_pieces_may_be_cut_anywhere(client, server):
    for size in (1, 2, 3, 7, 64):
        server.answers(stream(*(WHOLE[at : at + size] for at in range(0, len(WHOLE), size))))
        assert followed(client) == LINES, f"in pieces of {size} bytes"


@pytest.mark.parametrize("ends", [True, False], ids=["ended", "cut"])
def test_a_stream_goes_on_where_it_was_cut_off(client, server, ends):
    server.answers(
        stream(log("하나", 1), log("two\u2028still two", 2), b"id: 3\ndata: {half", ends=ends),
        cut,
        stream(log("", 3), ends=ends),
        stream(log("four", 4), COMPLETE),
    )
    assert followed(client) == LINES
    assert [asked.headers["Last-Event-ID"] for asked in server.asked] == [None, "2", "2", "3"]


def test_the_agents_farewell_ends_no_log(client, server):
    server.answers(stream(log("하나", 1), FAREWELL), stream(log("two", 2), COMPLETE))
    assert followed(client) == ["하나", "two"]
    assert server.asked[1].headers["Last-Event-ID"] == "1"


@pytest.mark.parametrize("ends", [True, False], ids=["ended", "cut"])
def test_what_comes_behind_the_last_frame_does_not_bring_the_stream_back(client, server, ends):
    seen = []
    whole = stream(log("one", 1) + COMPLETE + FAREWELL, ends=ends)
    server.answers(whole, whole, told(200, {"status": "completed", "result": {}}))
    assert followed(client) == ["one"]
    client.wait_for_build("b1", on_progress=seen.append)
    assert [frame.type for frame in seen] == ["log", "complete"]
    assert len(server.asked) == 3


def test_what_a_newer_agent_says_is_passed_over(client, server):
    server.answers(
        stream(event({"type": "news", "message": "x"}, 1), event(["?"], 2), b"data: no json\n\n", log("one", 3), COMPLETE)
    )
    assert followed(client) == ["one"]


def test_a_stream_that_nobody_answers_any_more_is_given_up(client, server):
    server.answers(stream(log("one", 1)), cut, cut, cut)
    lines = client.stream_container_logs("abc")
    assert next(lines) == "one"
    with pytest.raises(ClientConnectionError):
        next(lines)
    assert len(server.asked) == 4


def test_a_stream_that_always_ends_at_once_is_given_up(client, server):
    server.answers(*[stream()] * 4)
    with pytest.raises(ClientConnectionError, match="again and again"):
        followed(client)
    assert len(server.asked) == 4


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_whose_agent_is_away_ends_no_log(client, server, status):
    server.answers(stream(log("one", 1)), told(status, b"<html>"), told(status), stream(log("two", 2), COMPLETE))
    assert followed(client) == ["one", "two"]
    assert server.asked[3].headers["Last-Event-ID"] == "1"


@pytest.mark.parametrize("content_type", ["text/html", "application/json", ""])
def test_an_answer_that_is_no_stream_of_events_is_told_as_that(client, server, content_type):
    page = told(200, log("one", 1) + COMPLETE, Content_Type=content_type)
    # The last is one that was an Agent's before.
    server.answers(page, page, stream(log("one", 1)), page)
    for read in (followed, lambda client: client.wait_for_build("b1", on_progress=print), followed):
        with pytest.raises(ClientConnectionError, match="is this an Agent's address"):
            read(client)
    assert len(server.asked) == 4


def test_the_kind_of_an_answer_may_be_written_otherwise(client, server):
    server.answers(told(200, WHOLE, Content_Type="Text/Event-Stream; charset=utf-8"))
    assert followed(client) == LINES


def test_a_refusal_on_the_way_ends_a_log(client, server):
    server.answers(stream(log("one", 1)), told(401, {"detail": "no such token"}))
    with pytest.raises(AuthenticationError):
        followed(client)
    assert len(server.asked) == 2


@pytest.mark.parametrize("away", [cut, told(502)], ids=["nobody", "proxy"])
def test_an_address_where_no_agent_ever_was_is_given_up_soon(client, server, away):
    server.answers(away, away, away)
    with pytest.raises(ClientError):
        followed(client)
    assert len(server.asked) == 3


def test_a_container_that_is_not_there(client, server):
    server.answers(*[told(404, {"detail": "no such container", "code": "container_unknown"})] * 2)
    with pytest.raises(NotFoundError):
        followed(client)
    with pytest.raises(NotFoundError):
        list(client.stream_container_logs("abc", follow=False))


def test_the_first_request_says_how_much_is_wanted(client, server):
    server.answers(stream(COMPLETE))
    list(client.stream_container_logs(7, tail=20, since="2026-01-01T00:00:00Z"))
    assert server.asked[0].path == "/containers/7/logs/stream/"
    assert server.asked[0].query == {"tail": ["20"], "since": ["2026-01-01T00:00:00Z"]}


def test_who_comes_back_says_where_it_was_and_not_again_how_much_is_wanted(client, server):
    server.answers(stream(FAREWELL), stream(log("one", 1)), stream(COMPLETE))
    assert list(client.stream_container_logs(7, tail=20)) == ["one"]
    came = [(asked.query, asked.headers["Last-Event-ID"]) for asked in server.asked]
    # Cut off before it was told anything, it still wants as much.
    assert came == [({"tail": ["20"]}, None), ({"tail": ["20"]}, None), ({}, "1")]


def test_without_following_the_lines_that_are_there_are_told(client, server):
    server.answers(told(200, "one\ntwo\u2028still two\r\nthree".encode()))
    assert list(client.stream_container_logs("abc", follow=False, tail="all")) == ["one", "two\u2028still two", "three"]
    assert (server.asked[0].path, server.asked[0].query) == ("/containers/abc/logs/", {"tail": ["all"]})


def test_a_text_that_breaks_off_is_not_taken_for_the_whole(client, server):
    server.answers(stream(b"one\ntw", ends=False))
    lines = client.stream_container_logs("abc", follow=False)
    assert next(lines) == "one"
    with pytest.raises(ClientConnectionError) as broken:
        next(lines)
    assert not isinstance(broken.value, ClientResponseIncompleteError), "reading again does no harm"


def test_a_builds_log_is_read_and_followed(client, server):
    failed = event({"type": "error", "message": "no such package", "failure": {"kind": "no_such_package"}}, 9)
    server.answers(told(200, b"one\ntwo\n"), stream(log("one", 4), log("two", 8), failed))
    assert client.get_build_logs("b1") == "one\ntwo\n"
    assert list(client.stream_build_logs("b1")) == ["one", "two"]
    assert [asked.path for asked in server.asked] == ["/builds/b1/logs/", "/builds/b1/logs/stream/"]


READS = [
    lambda client: client.stream_container_logs("abc"),
    lambda client: client.stream_build_logs("b1"),
    lambda client: client.stream_container_logs("abc", follow=False),
]


@pytest.mark.parametrize("read", READS, ids=["followed", "build", "text"])
def test_a_reader_that_has_enough_leaves(client, server, read):
    left = threading.Event()
    server.answers(endless(log("one", 1), left))
    lines = read(client)
    assert next(lines)
    lines.close()
    assert left.wait(10), "the server still sends"


def test_a_callback_that_raises_ends_the_stream(client, server):
    left = threading.Event()
    server.answers(endless(log("one", 1), left))

    def enough(frame):
        raise KeyError(frame.message)

    with pytest.raises(KeyError, match="one"):
        client.wait_for_build("b1", on_progress=enough)
    assert left.wait(10), "the server still sends"
