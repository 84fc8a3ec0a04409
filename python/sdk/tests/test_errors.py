"""Refusals and broken connections, as what a caller catches."""

import threading

import pytest
from scripted import cut, silent, told
from synapse_sdk.clients import exceptions
from synapse_sdk.exceptions import (
    AuthenticationError,
    AuthorizationError,
    ClientConnectionError,
    ClientError,
    ClientResponseIncompleteError,
    ClientTimeoutError,
    HTTPError,
    NotFoundError,
    RateLimitError,
    ServerError,
    ValidationError,
)

BODY = {"detail": "that is not there", "code": "container_unknown", "hint": "list them", "request_id": "r-1"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ValidationError),
        (401, AuthenticationError),
        (403, AuthorizationError),
        (404, NotFoundError),
        (409, HTTPError),
        (413, HTTPError),
        (422, ValidationError),
        (429, RateLimitError),
        (500, ServerError),
        (501, ServerError),
        (507, ServerError),
    ],
)
def test_a_refusal_is_an_error_of_its_status(client, server, status, kind):
    server.answers(told(status, BODY))
    with pytest.raises(HTTPError) as refused:
        client.get_container("abc")
    error = refused.value
    assert type(error) is kind
    assert (error.status_code, error.detail) == (status, BODY)
    assert (error.code, error.hint, error.request_id) == ("container_unknown", "list them", "r-1")
    assert str(error) == f"{status}: that is not there (list them)"
    assert isinstance(error, ClientError)


def test_a_refusal_without_json_is_told_too(client, server):
    server.answers(told(404, b"nothing here"), told(500))
    with pytest.raises(NotFoundError, match="404: nothing here"):
        client.get_container("abc")
    with pytest.raises(ServerError, match="no body"):
        client.get_container("abc")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(client, server, status):
    server.answers(told(status, Location=f"{server.url}/elsewhere/"), told(200, {}))
    with pytest.raises(HTTPError, match="not followed"):
        client.create_container("p@1")
    assert len(server.asked) == 1


def test_a_question_whose_connection_breaks_is_asked_again(client, server):
    server.answers(cut, cut, told(200, {"pk": 1}), cut, told(204))
    assert client.get_container(1) == {"pk": 1}
    assert client.delete_container(1) is None
    assert [asked.method for asked in server.asked] == ["GET"] * 3 + ["DELETE"] * 2


def test_a_question_is_not_asked_for_ever(client, server):
    server.answers(cut, cut, cut)
    with pytest.raises(ClientConnectionError, match="broke"):
        client.get_container(1)
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.create_container("p@1"),
        lambda client: client.update_container(1, status="stopped"),
        lambda client: client.create_docker_container("p@1"),
        lambda client: client.restart_container(1),
    ],
)
def test_what_may_have_been_done_is_not_sent_again(client, server, call):
    server.answers(cut, told(200, {}))
    with pytest.raises(ClientResponseIncompleteError, match="may have done"):
        call(client)
    assert len(server.asked) == 1


def test_an_address_where_nobody_is(make, server):
    client = make(server.url, "token")
    server.close()
    for call in (client.health_check, lambda: client.create_container("p@1")):
        with pytest.raises(ClientConnectionError, match=server.url) as error:
            call()
        assert not isinstance(error.value, ClientResponseIncompleteError), "nothing was sent"
        assert isinstance(error.value, ConnectionError)


def test_silence_is_a_timeout(make, server):
    held = threading.Event()
    server.answers(silent(held), silent(held))
    client = make(server.url, "token", timeout={"read": 0.05})
    try:
        with pytest.raises(ClientTimeoutError, match="silent") as error:
            client.health_check()
        assert isinstance(error.value, TimeoutError)
        # Asked again, either would have been told that nothing more was planned.
        with pytest.raises(ClientResponseIncompleteError):
            client.create_container("p@1")
    finally:
        held.set()


@pytest.mark.parametrize("container_id", ["", ".", ".."])
def test_an_id_that_would_name_another_path_is_refused(client, server, container_id):
    for call in (client.get_container, client.delete_container, client.get_docker_container, client.get_container_logs):
        with pytest.raises(ValueError, match="container_id"):
            call(container_id)
    with pytest.raises(ValueError, match="lookup"):
        client.delete_plugin_release(container_id)
    assert server.asked == []


def test_an_id_stays_one_segment_of_the_path(client, server):
    server.answers(told(200, {}), told(200, {}))
    client.get_container("a/../b?c#d")
    client.get_plugin_release("p@1.0.0+lig")
    assert [asked.path for asked in server.asked] == ["/containers/a%2F..%2Fb%3Fc%23d/", "/plugin_releases/p@1.0.0%2Blig/"]


def test_the_errors_are_where_the_platforms_sdk_has_them():
    for name in ("ClientError", "NotFoundError", "ClientResponseIncompleteError", "BuildFailedError"):
        assert getattr(exceptions, name).__module__ == "synapse_sdk.exceptions"
