"""Lists, page by page, and the calls that are one request."""

import pytest
from scripted import told
from synapse_sdk.exceptions import ClientConnectionError


def page(*items, follow=None, count=3):
    return told(200, {"count": count, "next": follow, "previous": None, "results": list(items)})


def test_a_page_is_returned_as_it_is(client, server):
    server.answers(page({"pk": 1}))
    told_page = client.list_containers({"status": ["running", "stopped"], "model": 3})
    assert told_page == {"count": 3, "next": None, "previous": None, "results": [{"pk": 1}]}
    assert server.asked[0].query == {"status": ["running", "stopped"], "model": ["3"]}


@pytest.mark.parametrize("method", ["list_containers", "list_builds", "list_plugin_releases"])
def test_all_of_a_list_is_every_page_each_when_it_is_needed(client, server, method):
    # The address of the next page is never asked as it stands: it might be somebody else's.
    server.answers(page(1, 2, follow="http://elsewhere.example/x/?page=2&label=a&label=b"), page(3))
    items, count = getattr(client, method)({"label": ["a", "b"]}, list_all=True)
    assert count == 3
    assert len(server.asked) == 1
    assert list(items) == [1, 2, 3]
    assert server.asked[0].query == {"page_size": ["100"], "label": ["a", "b"]}
    assert server.asked[1].query == {"page": ["2"], "label": ["a", "b"]}
    assert server.asked[1].path == server.asked[0].path


def test_a_page_size_of_the_callers_own_is_kept(client, server):
    server.answers(page())
    client.list_containers({"page_size": 7}, list_all=True)
    assert server.asked[0].query == {"page_size": ["7"]}


@pytest.mark.parametrize("method", ["list_containers", "list_builds", "list_plugin_releases"])
@pytest.mark.parametrize("list_all", [False, True])
def test_a_word_is_no_filter(client, server, method, list_all):
    with pytest.raises(TypeError, match="params is a str: give a mapping"):
        getattr(client, method)("running", list_all=list_all)
    assert server.asked == []


def test_a_list_that_is_none_is_told_as_that(client, server):
    server.answers(told(200, {"results": []}))
    with pytest.raises(ClientConnectionError, match="no list"):
        client.list_docker_containers()


CALLS = [
    (lambda c: c.get_container(5), "GET /containers/5/", None, {"pk": 5}),
    (lambda c: c.update_container(5, status="stopped"), "PATCH /containers/5/", {"status": "stopped"}, {}),
    (lambda c: c.update_container(5), "PATCH /containers/5/", {}, {}),
    (lambda c: c.update_container(5, visibility="public"), "PATCH /containers/5/", {"visibility": "public"}, {}),
    (lambda c: c.update_container(5, idle={"stop_after": 60}), "PATCH /containers/5/", {"idle": {"stop_after": 60}}, {}),
    # Nothing is left of the times that it had.
    (lambda c: c.update_container(5, idle={}), "PATCH /containers/5/", {"idle": {}}, {}),
    (lambda c: c.restart_container("n_a"), "POST /containers/n_a/restart/", {}, {}),
    (lambda c: c.delete_container("abc"), "DELETE /containers/abc/", None, None),
    (lambda c: c.create_container_link(5, expires_in=60), "POST /containers/5/links/", {"expires_in": 60}, {"url": "u"}),
    (lambda c: c.list_docker_containers(), "GET /containers/docker/", None, [{"id": "a"}]),
    (lambda c: c.get_docker_container("a"), "GET /containers/docker/a/", None, {}),
    (
        lambda c: c.create_docker_container("p@1", params={}, labels=["x"]),
        "POST /containers/docker/",
        {"plugin_release": "p@1", "params": {}, "labels": ["x"]},
        {"build_id": "b"},
    ),
    (lambda c: c.stop_docker_container("a"), "POST /containers/docker/a/stop/", {}, {}),
    (lambda c: c.start_docker_container("a"), "POST /containers/docker/a/start/", {}, {}),
    (lambda c: c.delete_docker_container("a"), "DELETE /containers/docker/a/", None, None),
    (lambda c: c.get_build_status("b"), "GET /builds/b/", None, {"status": "building"}),
    (lambda c: c.cancel_build("b"), "DELETE /builds/b/", None, None),
    (lambda c: c.get_container_logs(5, tail=2), "GET /containers/5/logs/", None, '{"no": "object"}'),
    (lambda c: c.get_plugin_release(3), "GET /plugin_releases/3/", None, {}),
    (lambda c: c.create_plugin_release("p", "1"), "POST /plugin_releases/", {"plugin": "p", "version": "1"}, {"id": 3}),
    (lambda c: c.delete_plugin_release("p@1"), "DELETE /plugin_releases/p@1/", None, None),
    (lambda c: c.health_check(), "GET /health/", None, {"status": "ok"}),
]


@pytest.mark.parametrize(("call", "line", "body", "returned"), CALLS, ids=[f"{line} {body}" for _, line, body, _ in CALLS])
def test_a_call_is_one_request(client, server, call, line, body, returned):
    is_text = isinstance(returned, str)
    server.answers(told(202 if returned is None else 200, returned.encode() if is_text else returned))
    assert call(client) == returned
    asked = server.asked[0]
    assert f"{asked.method} {asked.path}" == line
    assert (asked.json() if asked.body else None) == body
    assert len(server.asked) == 1


def test_an_archive_is_stored_as_a_form(client, server, tmp_path):
    file = tmp_path / "p.zip"
    file.write_bytes(b"PK")
    server.answers(told(201, {"id": 1}))
    assert client.upload_plugin_release(file) == {"id": 1}
    assert server.asked[0].path == "/plugin_releases/"
    assert server.asked[0].parts() == [("file", "p.zip", b"PK")]
    with pytest.raises(FileNotFoundError):
        client.upload_plugin_release(tmp_path / "nothing.zip")
