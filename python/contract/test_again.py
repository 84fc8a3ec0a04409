"""The same create again: one record, one build, one container, whoever asks and however often."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import docker, plugins

# What a health check writes into a record, whenever its time comes.
CHECKED = {"health_state", "consecutive_failures", "last_health_check_at", "last_health_error"}


def at_once(times, call):
    """Calls so many times at the same moment, and returns what each was answered."""
    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(call) for _ in range(times)]]


def final(agent, answer):
    """What a create came to: its answer, or, where that came before the end, its launch's result."""
    assert answer.status_code in (200, 201, 202), answer.text
    launch = agent.finished(answer.json()["build_id"])
    assert launch["status"] == "completed", launch
    return launch["result"]


def still(told):
    """What nobody changes between two looks."""
    return {key: value for key, value in told.items() if key not in CHECKED}


def containers_of(agent, release):
    return [
        container
        for container in docker.containers(agent.label())
        if container["Labels"]["synapse.plugin_release"] == release
    ]


def builds_of(agent, release):
    launches = [launch for launch in agent.all("builds/") if launch["plugin_release"] == release]
    return {launch["image_build"]["id"] for launch in launches if launch["image_build"]}


def test_the_second_create_restarts_the_same_container(any_sdk, quick, model, params):
    first = any_sdk.create_container(quick, model=model, params={"size": 1})
    begun = docker.inspect(first["id"])["State"]["StartedAt"]
    second = any_sdk.create_container(quick, model=model, params={"size": 1})
    assert "restarted" not in first
    assert second["restarted"] is True
    assert "recreated" not in second
    for key in ("pk", "id", "name", "host_port", "endpoint"):
        assert second[key] == first[key], key
    assert docker.inspect(second["id"])["State"]["StartedAt"] != begun, "a real restart, as the seed says"
    assert params(second) == {"size": 1}
    any_sdk.delete_container(first["pk"])


def test_a_stopped_container_is_started_by_the_next_create(sdk, quick, model, params):
    first = sdk.create_container(quick, model=model)
    sdk.update_container(first["pk"], status="stopped")
    second = sdk.create_container(quick, model=model)
    assert (second["restarted"], second["id"], second["endpoint"]) == (True, first["id"], first["endpoint"])
    assert params(second) == {}, "it answers"
    sdk.delete_container(first["pk"])


def test_changed_params_reach_the_app_in_the_same_place(sdk, probe, model, ask):
    first = sdk.create_container(probe, model=model, params={"size": 1}, envs={"MODE": "slow"})
    second = sdk.create_container(probe, model=model, params={"size": 2}, envs={"MODE": "fast"})
    assert (second["restarted"], second["recreated"]) == (True, True)
    for key in ("pk", "host_port", "endpoint"):
        assert second[key] == first[key], key
    assert second["id"] != first["id"]
    assert docker.inspect(first["id"]) is None
    assert json.loads(ask(second, "params")) == {"size": 2}
    assert bytes.fromhex(json.loads(ask(second, "env", names=["MODE"]))["MODE"]) == b"fast"
    sdk.delete_container(first["pk"])


def test_a_changed_archive_of_the_same_version_answers_with_the_new_code(sdk, archive, ask):
    first = sdk.create_container(plugin_file=archive("changing", revision="one"))
    assert ask(first, "revision") == "one"
    second = sdk.create_container(plugin_file=archive("changing", revision="two"))
    assert (second["restarted"], second["recreated"]) == (True, True)
    assert (second["pk"], second["endpoint"]) == (first["pk"], first["endpoint"])
    assert ask(second, "revision") == "two"
    sdk.delete_container(first["pk"])


def test_item_51_twenty_creates_at_once_get_twenty_equal_answers(agent, quick, model):
    # Not up before all of them have asked.
    create = {"plugin_release": quick, "model": model, "params": {"ready_after_ms": 2000}}
    answers = at_once(20, lambda: agent.post("containers/", json=create))
    assert len({answer.json()["build_id"] for answer in answers}) == 1, "every one joins the same launch"
    finals = [final(agent, answer) for answer in answers]
    assert all(still(result) == still(finals[0]) for result in finals)
    assert not finals[0].get("restarted")
    for answer in answers:
        if answer.status_code != 202:
            # A create that was held until the end is answered with the very same object, whichever of them it was.
            told = {key: value for key, value in still(answer.json()).items() if key not in ("restarted", "updated_at")}
            assert told == {key: finals[0][key] for key in told}
            assert not answer.json().get("restarted"), "nothing was restarted"
    assert agent.get(f"containers/?model={model}").json()["count"] == 1
    agent.delete(f"containers/{finals[0]['pk']}/")


def test_fifty_uploads_at_once_make_one_build_and_one_container(agent, archive):
    file = archive("burst").read_bytes()
    answers = at_once(50, lambda: agent.post("containers/", files={"file": ("burst.zip", file)}))
    finals = [final(agent, answer) for answer in answers]
    assert len({result["id"] for result in finals}) == 1
    assert len({result["pk"] for result in finals}) == 1
    assert len(builds_of(agent, "burst@1.0.0")) == 1
    assert [container["Id"] for container in containers_of(agent, "burst@1.0.0")] == [finals[0]["id"]]
    agent.delete(f"containers/{finals[0]['pk']}/")


def test_no_model_is_a_value_and_zero_is_a_model(sdk, archive):
    file = archive("models", app=plugins.MIMIC)
    absent = sdk.create_container(plugin_file=file)
    again = sdk.create_container("models@1.0.0")
    zero = sdk.create_container("models@1.0.0", model=0)
    one = sdk.create_container("models@1.0.0", model=1)
    assert (again["pk"], again["restarted"]) == (absent["pk"], True)
    assert len({absent["pk"], zero["pk"], one["pk"]}) == 3
    assert len({absent["host_port"], zero["host_port"], one["host_port"]}) == 3
    records = sdk.list_containers({"plugin_release": "models@1.0.0"})
    assert sorted((item["model"] is not None, item["model"] or 0) for item in records["results"]) == [
        (False, 0),
        (True, 0),
        (True, 1),
    ]
    for item in records["results"]:
        sdk.delete_container(item["pk"])


@pytest.mark.parametrize(
    ("on_existing", "same_container", "same_run"),
    [("reuse", True, True), ("recreate", False, False)],
)
def test_the_caller_may_say_what_becomes_of_the_existing_one(
    agent, quick, model, on_existing, same_container, same_run
):
    create = {"plugin_release": quick, "model": model, "on_existing": on_existing}
    first = final(agent, agent.post("containers/", json=create))
    begun = docker.inspect(first["id"])["State"]["StartedAt"]
    second = final(agent, agent.post("containers/", json=create))
    assert second["pk"] == first["pk"]
    assert (second["id"] == first["id"]) is same_container
    assert (docker.inspect(second["id"])["State"]["StartedAt"] == begun) is same_run
    agent.delete(f"containers/{first['pk']}/")
