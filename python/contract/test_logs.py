"""Logs as they grow: resumed without a line lost or told twice, the same over server-sent events and WebSocket."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import pytest
from support.sse import events
from support.wait import PATIENCE, eventually
from test_builds import launch_of

# The SDK only makes here what is looked at; test_our_sdk.py follows logs with ours.
pytestmark = pytest.mark.theirs_alone
STREAM = {"stream": True, "timeout": (3, PATIENCE)}


def stream(agent, path, last=None):
    """(id, frame) of every event of a stream."""
    headers = {} if last is None else {"Last-Event-ID": last}
    response = agent.get(path, headers=headers, **STREAM)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert response.headers["X-Accel-Buffering"] == "no"
    for name, data in events(response):
        yield name, json.loads(data)


def lines(frames):
    return [frame["message"] for _, frame in frames if frame["type"] == "log"]


def over_websocket(agent, build):
    async def read():
        headers = {"Authorization": agent.token}
        async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(PATIENCE)) as session:
            address = f"{agent.url}/builds/{build}/logs/".replace("http", "ws", 1)
            async with session.ws_connect(address) as socket:
                return [json.loads(message.data) async for message in socket]

    return asyncio.run(read())


@pytest.fixture(scope="module")
def built(agent, shared):
    """The launch whose image build has a log."""
    launches = [launch for launch in agent.all("builds/") if launch["plugin_release"] == shared["plugin_release"]]
    return min(launches, key=lambda launch: launch["created_at"])["id"]


def test_a_finished_build_log_ends_with_complete(agent, built):
    frames = list(stream(agent, f"builds/{built}/logs/stream/"))
    assert frames[-1][1] == {"type": "complete", "message": "completed"}
    assert len(lines(frames)) >= 3
    assert "\n".join(lines(frames)) + "\n" == agent.get(f"builds/{built}/logs/").text


def test_a_build_log_resumes_after_any_event_without_repeating_or_losing_a_line(agent, built):
    path = f"builds/{built}/logs/stream/"
    whole = list(stream(agent, path))
    for seen in range(1, len(whole)):
        rest = list(stream(agent, path, last=whole[seen - 1][0]))
        assert lines(whole[:seen]) + lines(rest) == lines(whole), f"resumed after event {seen}"
        assert rest[-1][1]["type"] == "complete"


def test_a_growing_build_log_is_told_as_it_grows_and_resumes_in_the_middle(agent, sdk, archive, index):
    file = archive("growing", requirements=index.requirements("held-growing"))
    with ThreadPoolExecutor(1) as pool:
        creating = pool.submit(sdk.create_container, plugin_file=file)
        path = f"builds/{launch_of(agent, 'growing@1.0.0')['id']}/logs/stream/"
        # The build is held: what is read here was told while it ran.
        first = []
        for event in stream(agent, path):
            first.append(event)
            if any("installing" in line for line in lines(first)):
                break
        assert not creating.done()
        index.release("held-growing")
        rest = list(stream(agent, path, last=first[-1][0]))
        container = creating.result(timeout=PATIENCE)
    statuses = [frame["message"] for _, frame in first + rest if frame["type"] == "status"]
    assert "building" in statuses
    assert statuses[-1] == "completed"
    text = agent.get(path.replace("stream/", "")).text
    assert lines(first) + lines(rest) == text.splitlines()
    sdk.delete_container(container["pk"])


def test_a_failed_build_ends_its_stream_with_the_reason(agent, sdk, archive):
    file = archive("broken", requirements="--no-index\nnothing-of-this-name==1.0\n")
    answer = sdk.create_container(plugin_file=file, wait=False)
    frames = list(stream(agent, f"builds/{answer['build_id']}/logs/stream/"))
    assert frames[-1][1]["type"] == "error"
    assert frames[-1][1]["message"] == agent.finished(answer["build_id"])["error"]
    sdk.delete_container(answer["pk"])


def test_websocket_gives_the_same_frames(agent, built):
    told = [frame for _, frame in stream(agent, f"builds/{built}/logs/stream/")]
    assert over_websocket(agent, built) == told


def test_websocket_asks_for_the_token(agent, built):
    async def knock():
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(f"{agent.url}/builds/{built}/logs/")
            return refused.value.status

    assert asyncio.run(knock()) == 401


def test_a_container_log_is_followed_and_resumed(agent, shared, ask):
    path = f"containers/{shared['id']}/logs/stream/"
    said = [f"line {number} 한글 🚀" for number in range(40)]
    following = stream(agent, path)
    # With the first event it is followed: what is said now is told as it is said.
    next(following)
    ask(shared, "say", lines=said[:20])
    first = []
    for event in following:
        first += [event] if event[1].get("message") in said else []
        if len(first) == 20:
            break
    assert lines(first) == said[:20]
    assert {frame["stream"] for _, frame in first} == {"stdout"}
    ask(shared, "say", lines=said[20:])
    # Gone and back: after the tenth line, as a browser that lost the connection there.
    for seen in (10, 20):
        rest = []
        for event in stream(agent, path, last=first[seen - 1][0]):
            rest += [event] if event[1].get("message") in said else []
            if len(rest) == 40 - seen:
                break
        assert lines(rest) == said[seen:]


def test_a_container_log_is_read_as_text_by_its_tail(agent, shared, ask):
    ask(shared, "say", lines=["one", "two", "three"])
    text = lambda: agent.get(f"containers/{shared['pk']}/logs/?tail=2").text.splitlines()
    eventually(text, lambda seen: seen == ["two", "three"], what="the last two lines")


def test_a_deleted_containers_stream_ends(agent, sdk, quick, model):
    container = sdk.create_container(quick, model=model)
    following = stream(agent, f"containers/{container['pk']}/logs/stream/")
    next(following)
    sdk.delete_container(container["pk"])
    assert list(following)[-1][1]["type"] == "complete"
