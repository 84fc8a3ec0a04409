"""The seed's own client: slashes everywhere, one synchronous answer, a create that it may send four times."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from support import docker
from support.v1 import V1Client, V1Error

SEED_KEYS = {"id", "status", "name", "image", "endpoint"}


def test_a_create_is_answered_with_the_seeds_dictionary(v1, quick, quick_zip, model, params):
    container = v1.create_container(
        quick,
        plugin_file=quick_zip,
        model=model,
        params={"input_size": 512},
        envs={"CUDA_VISIBLE_DEVICES": "0"},
        labels=["gradio", "production"],
        metadata={"created_by": "admin"},
    )
    assert SEED_KEYS <= set(container)
    assert container["status"] == "running"
    assert container["image"] == "synapse-plugin-quick-1.0.0"
    assert container["labels"] == ["gradio", "production"]
    assert params(container) == {"input_size": 512}


def test_the_second_create_says_restarted_in_its_own_answer(v1, quick, model):
    first = v1.create_container(quick, model=model)
    second = v1.create_container(quick, model=model)
    assert "restarted" not in first
    assert (second["restarted"], second["id"]) == (True, first["id"])


def test_the_same_post_four_times_at_once_makes_one_container(agent, v1, quick, model):
    clients = [V1Client(agent.url, agent.token) for _ in range(4)]
    # Not up before all of them have asked.
    create = lambda client: client.create_container(quick, model=model, params={"ready_after_ms": 2000})
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(create, clients))
    assert len({answer["pk"] for answer in answers}) == 1
    assert len({answer["build_id"] for answer in answers}) == 1
    made = [
        container
        for container in docker.containers(agent.label())
        if container["Labels"].get("synapse.model") == str(model)
    ]
    agent.finished(answers[0]["build_id"])
    assert len(made) <= 1
    assert v1.list_containers({"model": model})["count"] == 1


def test_lists_containers_and_health_read_as_the_seed_shows_them(v1, shared):
    page = v1.list_containers({"status": "running"})
    assert {"results", "count"} <= set(page)
    items, count = v1.list_all_containers({"page_size": 2})
    assert len(items) == count
    assert shared["pk"] in [item["pk"] for item in items]
    for name in (shared["pk"], shared["id"], shared["id"][:12], shared["name"]):
        container = v1.get_container(name)
        assert SEED_KEYS | {"attrs"} <= set(container)
        assert container["id"] == shared["id"]
    assert v1.health_check()["docker"]["available"] is True


def test_delete_returns_nothing_and_may_arrive_twice(v1, quick, model):
    container = v1.create_container(quick, model=model)
    assert v1.delete_container(container["id"]) == ""
    assert v1.delete_container(container["id"]) == ""


def test_what_v1_users_must_read_is_a_400_with_json(v1):
    with pytest.raises(V1Error) as refused:
        v1.create_container("probe@1.0.0", envs={"A B": "x"})
    assert refused.value.status == 400
    assert refused.value.reason["code"] == "env_name_invalid"
    with pytest.raises(V1Error) as unknown:
        v1.get_container("0123456789abcdef")
    assert (unknown.value.status, unknown.value.reason) == (404, "Not Found")
