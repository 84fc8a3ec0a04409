"""Stopping, starting and deleting, through both trees."""

import pytest
from support import docker
from support.wait import eventually
from synapse_sdk.clients.exceptions import NotFoundError, ValidationError


def is_running(container_id):
    return docker.inspect(container_id)["State"]["Running"]


def test_a_container_is_stopped_and_started_by_its_status(any_sdk, quick, model, params):
    made = any_sdk.create_container(quick, model=model, params={"size": 1})
    stopped = any_sdk.update_container(made["pk"], status="stopped")
    assert (stopped["status"], stopped["endpoint"]) == ("stopped", None)
    assert stopped["host_port"] == made["host_port"], "the port, and with it the address, is kept"
    assert not is_running(made["id"])
    started = any_sdk.update_container(made["pk"], status="running")
    assert started["status"] == "running"
    assert (started["id"], started["endpoint"]) == (made["id"], made["endpoint"])
    assert params(started) == {"size": 1}
    any_sdk.delete_container(made["pk"])


def test_the_docker_sub_tree_stops_and_resumes(sdk, quick, model, params):
    made = sdk.create_container(quick, model=model, params={"size": 1})
    stopped = sdk.stop_docker_container(made["id"])
    assert stopped["status"] == "stopped"
    assert sdk.stop_docker_container(made["id"])["status"] == "stopped", "stopping what is stopped is no error"
    listed = {container["id"]: container["status"] for container in sdk.list_docker_containers()}
    assert listed[made["id"]] == "exited"
    started = sdk.start_docker_container(made["id"][:12])
    assert (started["status"], started["id"]) == ("running", made["id"])
    assert params(started) == {"size": 1}
    sdk.delete_docker_container(made["id"])


def test_an_update_without_a_status_changes_nothing(any_sdk, shared):
    assert any_sdk.update_container(shared["pk"])["status"] == "running"
    assert is_running(shared["id"])


@pytest.mark.parametrize("body", [b"", b"null", b"{}"], ids=["empty", "null", "object"])
def test_an_update_with_an_empty_body_changes_nothing(agent, shared, body):
    answer = agent.request(
        "PATCH", f"containers/{shared['pk']}", data=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "running")


def test_a_status_that_cannot_be_set_is_refused_with_what_can(sdk, shared):
    with pytest.raises(ValidationError) as refused:
        sdk.update_container(shared["pk"], status="deleted")
    assert refused.value.detail["code"] == "status_invalid"
    assert "running" in refused.value.detail["hint"]


@pytest.mark.parametrize("body", [b"", b"null"], ids=["empty", "null"])
def test_start_takes_a_post_with_an_empty_body_or_null(agent, shared, body):
    headers = {"Content-Type": "application/json"}
    answer = agent.post(f"containers/docker/{shared['id']}/start/", data=body, headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (200, "running")
    assert answer.json()["id"] == shared["id"]


def test_deleting_removes_the_container_and_deleting_again_is_no_error(any_sdk, quick, model):
    made = any_sdk.create_container(quick, model=model)
    assert any_sdk.delete_container(made["id"]) is None
    assert docker.inspect(made["id"]) is None
    with pytest.raises(NotFoundError):
        any_sdk.get_container(made["pk"])
    for name in (made["id"], made["pk"], made["name"]):
        assert any_sdk.delete_container(name) is None
    assert any_sdk.delete_docker_container(made["id"]) is None


def test_a_create_after_a_delete_makes_a_new_one(sdk, quick, model):
    first = sdk.create_container(quick, model=model)
    sdk.delete_container(first["id"])
    second = sdk.create_container(quick, model=model)
    assert "restarted" not in second
    assert (second["pk"], second["id"]) != (first["pk"], first["id"])
    sdk.delete_container(second["id"])


def test_a_container_that_somebody_removed_is_seen_and_comes_back(agent, sdk, quick, model, params):
    made = sdk.create_container(quick, model=model, params={"size": 1})
    docker.remove_container(made["id"])
    back = lambda record: record["status"] == "running" and record["id"] != made["id"]
    record = eventually(lambda: sdk.get_container(made["pk"]), back, what="a container in place of the removed one")
    assert record["host_port"] == made["host_port"]
    assert params(record) == {"size": 1}
    sdk.delete_container(made["pk"])
