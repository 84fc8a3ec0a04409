"""Creates: what is checked, what is sent, and how the launch is waited for."""

import asyncio
import threading
import time
from types import SimpleNamespace

import pytest
from scripted import COMPLETE, cut, event, log, silent, stream, told
from synapse_sdk.clients.agent import AgentClient, AsyncAgentClient
from synapse_sdk.clients.agent._core import patience
from synapse_sdk.exceptions import BuildFailedError, BuildTimeoutError, ClientConnectionError, ClientTimeoutError
from synapse_sdk.plugins.models import PluginRelease

READY = {"id": "f" * 64, "status": "running", "name": "quirky_einstein", "endpoint": "http://h:7860", "build_id": "b1"}
ON_ITS_WAY = {**READY, "id": None, "status": "building", "endpoint": None}
FAILURE = {
    "kind": "no_such_package",
    "message": "there is no package nothing",
    "hint": "look for a typing mistake",
    "log_tail": ["ERROR: no matching distribution"],
    "exit_code": 1,
}


def launch(status, **more):
    return told(200, {"id": "b1", "build_id": "b1", "status": status, "result": None, "error": None, **more})


def test_what_cannot_be_meant_is_refused_before_anything_is_sent(client, server, tmp_path):
    for nothing in (None, ""):
        with pytest.raises(ValueError, match="plugin_release and plugin_file"):
            client.create_container(nothing)
    for wrong in (12, 0, {"code": "a"}, ["a@1"], object()):
        with pytest.raises(TypeError, match="PluginRelease"):
            client.create_container(wrong)
    for file in ("/nowhere/plugin.zip", tmp_path / "nothing.zip"):
        with pytest.raises(FileNotFoundError, match="zip"):
            client.create_container("a@1.0.0", plugin_file=file)
    with pytest.raises(IsADirectoryError, match="playground pack"):
        client.create_container(plugin_file=tmp_path)
    assert server.asked == []


def test_everything_given_is_sent_as_json(client, server):
    server.answers(told(201, READY))
    made = client.create_container(
        "my-plugin@1.0.0",
        model=0,
        params={},
        envs={"A": "1"},
        metadata={"by": "admin"},
        labels=(label for label in ["gradio", "둘"]),
        kind="plugin_runtime",
        backend_container_id=7,
        limits={"cpus": 1.5},
        on_existing="reuse",
    )
    assert made == READY
    asked = server.asked[0]
    assert (asked.method, asked.path, asked.headers["Prefer"]) == ("POST", "/containers/", None)
    assert asked.json() == {
        "plugin_release": "my-plugin@1.0.0",
        "plugin": "my-plugin",
        "version": "1.0.0",
        "model": 0,
        "params": {},
        "envs": {"A": "1"},
        "metadata": {"by": "admin"},
        "labels": ["gradio", "둘"],
        "kind": "plugin_runtime",
        "backend_container_id": 7,
        "limits": {"cpus": 1.5},
        "on_existing": "reuse",
    }
    assert len(server.asked) == 1, "a container that is ready is not asked for again"


TRAIN_FIRST = {"train": {"entrypoint": "a.b"}, "gradio": {"entrypoint": "x.y:z"}}
NAMES = [
    ("my-plugin", {"plugin_release": "my-plugin"}),
    ("@scope/x@1.0.0", {"plugin_release": "@scope/x@1.0.0", "plugin": "@scope/x", "version": "1.0.0"}),
    (
        PluginRelease(config={"code": "p", "version": 1.0, "actions": {"gradio": {"entrypoint": "plugin.app_file.app"}}}),
        {
            "plugin_release": "p@1.0",
            "plugin": "p",
            "version": "1.0",
            "action": "gradio",
            "entrypoint": "plugin.app_file.app",
        },
    ),
    (
        PluginRelease({"code": "p", "version": "1", "actions": TRAIN_FIRST}),
        {"plugin_release": "p@1", "plugin": "p", "version": "1", "action": "gradio", "entrypoint": "x.y:z"},
    ),
    # What the platform's own config class has.
    (SimpleNamespace(code="p", version="1", actions={}), {"plugin_release": "p", "version": "1"}),
]


@pytest.mark.parametrize(("release", "sent"), NAMES)
def test_a_release_is_named_by_text_or_by_its_config(client, server, release, sent):
    server.answers(told(201, READY))
    client.create_container(release)
    assert server.asked[0].json() == sent


ENTRYPOINTS = [
    ("plugin.gradio_interface.app", "plugin.gradio_interface.app"),
    ("plugin.gradio_interface", "plugin.gradio_interface"),
    ("plugin.gradio_interface:app", "plugin.gradio_interface:app"),
    ("plugin/gradio_interface.py", "plugin/gradio_interface.py"),
    ("plugin/gradio_interface.py:app", "plugin/gradio_interface.py"),
    ("main.py", "main.py"),
    ("main.py:app", "main.py"),
]


@pytest.mark.parametrize(("written", "sent"), ENTRYPOINTS)
def test_an_entrypoint_is_sent_so_that_the_agent_finds_its_file(client, server, written, sent):
    server.answers(told(201, READY))
    client.create_container(PluginRelease({"code": "p", "version": "1", "actions": {"gradio": {"entrypoint": written}}}))
    assert server.asked[0].json()["entrypoint"] == sent


def test_actions_without_names_are_refused(client, server):
    actions = [{"name": "gradio", "entrypoint": "a.b"}]
    with pytest.raises(TypeError, match="actions is a list"):
        client.create_container(SimpleNamespace(code="p", version="1", config={"actions": actions}))
    with pytest.raises(TypeError, match="actions is a list"):
        PluginRelease({"code": "p", "version": "1", "actions": actions})
    assert server.asked == []


def test_one_text_is_no_list_of_labels(client, server):
    for create in (client.create_container, client.create_docker_container):
        with pytest.raises(TypeError, match="labels is a str"):
            create("p@1", labels="gradio")
    assert server.asked == []


def test_a_word_is_no_mapping(client, server):
    with pytest.raises(TypeError, match="limits is a str: give a mapping"):
        client.create_container("p@1", limits="cpus")
    with pytest.raises(TypeError, match="idle is a int: give a mapping"):
        client.update_container(5, idle=60)
    assert server.asked == []


def test_a_file_is_the_last_part_of_a_form(client, server, tmp_path):
    file = tmp_path / "plugin-release.zip"
    file.write_bytes(b"PK\x00\xff\r\n--")
    server.answers(told(201, READY))
    client.create_container("p@1", plugin_file=str(file), model=3, params={"ko": "한글"}, labels=["a", "b"], limits={"cpus": 1})
    parts = server.asked[0].parts()
    assert parts[-1] == ("file", "plugin-release.zip", b"PK\x00\xff\r\n--")
    assert [(name, value.decode()) for name, _, value in parts[:-1]] == [
        ("plugin_release", "p@1"),
        ("plugin", "p"),
        ("version", "1"),
        ("model", "3"),
        ("params", '{"ko": "\\ud55c\\uae00"}'),
        ("limits", '{"cpus": 1}'),
        ("labels", "a"),
        ("labels", "b"),
    ]


def test_a_file_alone_is_enough(client, server, tmp_path):
    file = tmp_path / "p.zip"
    file.write_bytes(b"PK")
    server.answers(told(201, READY))
    client.create_container(plugin_file=file)
    assert [name for name, _, _ in server.asked[0].parts()] == ["file"]


def test_an_archive_is_read_part_by_part(client, server, tmp_path, monkeypatch):
    file, sizes = tmp_path / "large.zip", []
    file.write_bytes(bytes(3_000_000))
    really_open = type(file).open

    class Watched:
        def __init__(self, stream):
            self._stream = stream

        def read(self, size=-1):
            sizes.append(size)
            return self._stream.read(size)

        def __getattr__(self, name):
            return getattr(self._stream, name)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._stream.close()

    monkeypatch.setattr(type(file), "open", lambda path, *args: Watched(really_open(path, *args)))
    server.answers(told(201, READY))
    client.create_container(plugin_file=file)
    assert len(server.asked[0].parts()[0][2]) == 3_000_000
    assert sizes and all(0 < size <= 1_000_000 for size in sizes)


def test_a_create_on_its_way_is_waited_for(client, server, monkeypatch):
    monkeypatch.setattr("synapse_sdk.clients.agent._core.launch.POLL_INTERVAL", 0)
    server.answers(told(202, ON_ITS_WAY), launch("queued"), launch("building"), launch("completed", result=READY))
    assert client.create_container("p@1") == READY
    assert [asked.path for asked in server.asked] == ["/containers/"] + ["/builds/b1/"] * 3


def test_a_running_container_whose_successor_is_built_is_not_ready(client, server):
    server.answers(told(202, READY), launch("completed", result={**READY, "recreated": True}))
    assert client.create_container("p@1")["recreated"] is True


def test_without_waiting_the_answer_comes_as_it_is(client, server):
    server.answers(told(202, ON_ITS_WAY))
    assert client.create_container("p@1", wait=False) == ON_ITS_WAY
    assert server.asked[0].headers["Prefer"] == "respond-async"
    assert len(server.asked) == 1


@pytest.mark.parametrize("at_once", [True, False], ids=["within the hold", "later"])
def test_a_launch_that_fails_is_an_error_with_everything_that_is_known(client, server, at_once):
    answer = told(201, {**ON_ITS_WAY, "status": "failed"}) if at_once else told(202, ON_ITS_WAY)
    server.answers(answer, launch("failed", error=FAILURE["message"], failure=FAILURE))
    with pytest.raises(BuildFailedError) as failed:
        client.create_container("p@1")
    error = failed.value
    assert (error.build_id, error.status, error.kind, error.code) == ("b1", "failed", "no_such_package", "no_such_package")
    assert (error.hint, error.log_tail, error.exit_code) == (FAILURE["hint"], FAILURE["log_tail"], 1)
    assert isinstance(error, RuntimeError)
    for told_to_people in ("b1", FAILURE["message"], FAILURE["hint"], *FAILURE["log_tail"]):
        assert told_to_people in str(error)


def test_a_cancelled_launch_is_an_error(client, server):
    server.answers(told(202, ON_ITS_WAY), launch("cancelled", error="somebody cancelled it"))
    with pytest.raises(BuildFailedError, match="b1 cancelled: somebody cancelled it") as failed:
        client.create_container("p@1")
    assert failed.value.kind == "cancelled"


AWAY = [cut, told(502), told(503, b"<html>"), told(504)]


@pytest.mark.parametrize("is_followed", [False, True], ids=["polled", "followed"])
def test_a_restart_of_the_agent_ends_no_waiting(client, server, is_followed):
    # Three tries more than the first are what a restart gets, and one more than any other question.
    for away in AWAY:
        stream_of = [away, away, away, stream(COMPLETE)] if is_followed else []
        server.answers(told(202, ON_ITS_WAY), *stream_of, away, away, away, launch("completed", result=READY))
        assert client.create_container("p@1", on_progress=print if is_followed else None) == READY


def test_an_agent_that_stays_away_ends_the_waiting(client, server):
    server.answers(told(202, ON_ITS_WAY), cut, cut, cut, cut)
    with pytest.raises(ClientConnectionError):
        client.create_container("p@1")
    assert len(server.asked) == 5


def test_nobody_is_patient_with_an_address_where_no_agent_ever_was(client, server):
    for on_progress in (None, print):
        server.answers(cut, cut, cut)
        with pytest.raises(ClientConnectionError):
            client.wait_for_build("b1", on_progress=on_progress)
    assert len(server.asked) == 6


def test_silence_ends_no_waiting(make, server):
    held = threading.Event()
    client = make(server.url, timeout={"read": 0.5})
    server.answers(launch("building"), silent(held), silent(held), launch("completed", result=READY))
    try:
        assert client.wait_for_build("b1", poll_interval=0) == READY
    finally:
        held.set()


@pytest.mark.parametrize("answered", [False, True], ids=["at once", "later"])
def test_a_silent_agent_is_waited_for_no_longer_than_was_said(client, server, answered):
    held = threading.Event()
    server.answers(*[launch("building")] * answered, silent(held))
    began = time.monotonic()
    try:
        with pytest.raises(BuildTimeoutError) as late:
            client.wait_for_build("b1", timeout=1, poll_interval=0)
    finally:
        held.set()
    assert time.monotonic() - began < 15, "the client's own patience is 30 s"
    assert isinstance(late.value.__cause__, ClientTimeoutError)


def test_pauses_are_no_longer_than_what_is_left(monkeypatch):
    monkeypatch.setattr(patience, "RESTART", (3600, 3600))
    assert list(patience.pauses(time.monotonic())) == []
    assert 0 < next(patience.pauses(time.monotonic() + 60)) <= 60


def test_a_launch_that_takes_too_long_goes_on(client, server):
    server.answers(launch("building"))
    with pytest.raises(BuildTimeoutError) as late:
        client.wait_for_build("b1", timeout=0)
    assert late.value.build_id == "b1"
    assert isinstance(late.value, TimeoutError)


def test_progress_is_told_as_it_comes(client, server):
    seen = []
    server.answers(
        told(202, ON_ITS_WAY),
        stream(event({"type": "status", "message": "building"}, 0), log("Collecting gradio", 18), COMPLETE),
        launch("completed", result=READY),
    )
    assert client.create_container("p@1", on_progress=seen.append) == READY
    assert [(frame.type, frame.message) for frame in seen] == [
        ("status", "building"),
        ("log", "Collecting gradio"),
        ("complete", "completed"),
    ]
    assert [str(frame) for frame in seen] == ["status: building", "Collecting gradio", "complete: completed"]
    assert server.asked[0].headers["Prefer"] == "respond-async"
    assert server.asked[1].path == "/builds/b1/logs/stream/"


def test_progress_that_does_not_end_in_time_ends_the_waiting(client, server):
    server.answers(told(202, ON_ITS_WAY), stream(log("one", 1), log("two", 2)), launch("building"))
    with pytest.raises(BuildTimeoutError):
        client.create_container("p@1", timeout=0, on_progress=lambda frame: None)


def test_an_asynchronous_callback_is_awaited(server):
    seen = []

    async def on_progress(frame):
        await asyncio.sleep(0)
        seen.append(frame.message)

    async def create():
        async with AsyncAgentClient(server.url) as client:
            return await client.create_container("p@1", on_progress=on_progress)

    server.answers(told(202, ON_ITS_WAY), stream(log("one", 1), COMPLETE), launch("completed", result=READY))
    assert asyncio.run(create()) == READY
    assert seen == ["one", "completed"]


def test_a_callback_that_nobody_awaits_is_refused(server, recwarn):
    async def on_progress(frame):
        pass

    with AgentClient(server.url) as client:
        for callback in (on_progress, lambda frame: on_progress(frame)):
            server.answers(stream(log("one", 1), COMPLETE))
            with pytest.raises(TypeError, match="AsyncAgentClient"):
                client.wait_for_build("b1", on_progress=callback)
    assert [str(warned.message) for warned in recwarn if issubclass(warned.category, RuntimeWarning)] == []


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b"null"])
def test_an_answer_of_somebody_else_is_told_as_that(client, server, body):
    server.answers(told(200, body))
    with pytest.raises(ClientConnectionError, match="is this an Agent"):
        client.create_container("p@1")
