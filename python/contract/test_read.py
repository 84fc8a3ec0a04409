"""Looking: lists with their filters and pages, one container by every name it has, health."""

from urllib.parse import parse_qs, urlsplit

import pytest
from support import docker
from synapse_sdk.clients.agent import AgentClient
from synapse_sdk.clients.exceptions import AuthenticationError, NotFoundError, ValidationError

LISTED = 3


@pytest.fixture(scope="module")
def listed(agent, sdk, quick):
    """Three records of a label of their own, none of them running."""
    pks = []
    for number in range(LISTED):
        answer = sdk.create_container(
            quick, model=9000 + number, labels=["listed", f"number-{number}"], metadata={"number": number}
        )
        pks.append(answer["pk"])
        sdk.update_container(answer["pk"], status="stopped")
    yield pks
    for pk in pks:
        sdk.delete_container(pk)


def pks(items):
    return [item["pk"] for item in items]


def test_a_list_has_the_four_keys_of_a_page(any_sdk, listed):
    page = any_sdk.list_containers()
    assert set(page) == {"count", "next", "previous", "results"}
    assert page["count"] >= LISTED
    assert page["previous"] is None
    assert all(item["name"] and item["status"] for item in page["results"])


def test_the_newest_comes_first(any_sdk, listed):
    results = any_sdk.list_containers({"label": "listed"})["results"]
    assert pks(results) == list(reversed(listed))


@pytest.mark.parametrize("word", ["stopped", "exited"])
def test_the_status_filter_understands_our_words_and_dockers(any_sdk, listed, shared, word):
    results = any_sdk.list_containers({"status": word, "page_size": 500})["results"]
    assert set(listed) <= set(pks(results))
    assert shared["pk"] not in pks(results)


def test_the_running_ones_can_be_asked_for(any_sdk, listed, shared):
    results = any_sdk.list_containers({"status": "running", "page_size": 500})["results"]
    assert shared["pk"] in pks(results)
    assert not set(listed) & set(pks(results))
    assert all(item["status"] == "running" for item in results)


def test_several_statuses_are_any_of_them(sdk, listed, shared):
    results = sdk.list_containers({"status": ["running", "stopped"], "page_size": 500})["results"]
    assert {shared["pk"], *listed} <= set(pks(results))


def test_several_labels_are_all_of_them(sdk, listed):
    results = sdk.list_containers({"label": ["listed", "number-1"]})["results"]
    assert pks(results) == [listed[1]]


def test_the_model_filter_finds_one(any_sdk, listed):
    assert pks(any_sdk.list_containers({"model": 9002})["results"]) == [listed[2]]


def test_the_release_filter_takes_a_release_or_a_code(sdk, listed, quick):
    for release in (quick, "quick"):
        assert sdk.list_containers({"plugin_release": release})["count"] >= LISTED
    assert sdk.list_containers({"plugin_release": "quick@2.0.0"}) == {
        "count": 0,
        "next": None,
        "previous": None,
        "results": [],
    }


def test_a_status_that_is_no_word_of_anybody_is_refused(sdk):
    with pytest.raises(ValidationError) as refused:
        sdk.list_containers({"status": "sleeping"})
    assert refused.value.detail["code"] == "status_invalid"


def test_list_all_walks_every_page_with_the_filters_repeated(any_sdk, listed):
    items, count = any_sdk.list_containers({"label": "listed", "page_size": 1, "status": "stopped"}, list_all=True)
    assert pks(items) == list(reversed(listed))
    assert count == LISTED


def test_the_next_address_repeats_every_filter_and_names_its_page(agent, sdk, listed):
    first = sdk.list_containers({"label": ["listed"], "status": ["stopped", "failed"], "page_size": 1})
    address = urlsplit(first["next"])
    assert f"{address.scheme}://{address.netloc}" == agent.url
    assert address.path == "/containers/"
    query = parse_qs(address.query)
    assert query == {"label": ["listed"], "status": ["stopped", "failed"], "page_size": ["1"], "page": ["2"]}
    second = agent.get(first["next"]).json()
    assert parse_qs(urlsplit(second["previous"]).query)["page"] == ["1"]
    assert len(second["results"]) == 1


def test_the_next_address_leads_back_through_a_proxy(agent, listed):
    headers = {"Host": "agent.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/synapse"}
    page = agent.get("containers/?page_size=2&label=listed", headers=headers).json()
    assert page["next"].startswith("https://agent.example/synapse/containers/?")


def test_a_page_that_is_not_there_is_not_found(sdk, listed):
    with pytest.raises(NotFoundError):
        sdk.list_containers({"label": "listed", "page": 99})


def test_a_container_is_found_by_key_by_full_and_short_docker_id_and_by_name(any_sdk, shared):
    for name in (shared["pk"], str(shared["pk"]), shared["id"], shared["id"][:12], shared["name"]):
        found = any_sdk.get_container(name)
        assert (found["pk"], found["id"]) == (shared["pk"], shared["id"]), name


def test_one_container_shows_dockers_own_view(any_sdk, shared):
    attrs = any_sdk.get_container(shared["id"])["attrs"]
    assert attrs["Id"] == shared["id"]
    assert attrs["State"]["Running"] is True
    assert attrs["HostConfig"]["PortBindings"]["7860/tcp"][0]["HostPort"] == str(shared["host_port"])


def test_the_answer_to_a_look_is_the_answer_to_the_create(any_sdk, shared):
    found = any_sdk.get_container(shared["pk"])
    for key in ("id", "status", "name", "image", "endpoint", "plugin_release", "model", "host_port"):
        assert found[key] == shared[key], key
    assert found["labels"] == ["shared", "둘"]
    assert found["metadata"] == {"made_by": "contract"}


def test_unknown_containers_are_not_found(any_sdk):
    for name in (999_999, "f" * 64, "nobody_nowhere", "docker-is-no-name"):
        with pytest.raises(NotFoundError) as unknown:
            any_sdk.get_container(name)
        assert unknown.value.detail["code"] == "container_unknown"
        assert unknown.value.detail["detail"]


def test_everything_with_an_unknown_id_is_not_found(sdk):
    calls = [
        sdk.get_docker_container,
        sdk.delete_docker_container,
        sdk.stop_docker_container,
        sdk.start_docker_container,
        sdk.delete_container,
        sdk.update_container,
        sdk.get_build_status,
        sdk.get_plugin_release,
        sdk.delete_plugin_release,
    ]
    for call in calls:
        with pytest.raises(NotFoundError):
            call("0123456789abcdef")


def test_the_docker_list_is_a_bare_list_of_this_agents_containers(any_sdk, agent, shared):
    listed = {container["id"]: container for container in any_sdk.list_docker_containers()}
    really = {container["Id"] for container in docker.containers(agent.label())}
    assert set(listed) == really
    assert listed[shared["id"]]["status"] == "running"
    assert listed[shared["id"]]["name"] == shared["name"]


def test_the_docker_sub_tree_speaks_docker_ids_only(any_sdk, shared):
    assert any_sdk.get_docker_container(shared["id"])["pk"] == shared["pk"]
    assert any_sdk.get_docker_container(shared["id"][:12])["attrs"]["Id"] == shared["id"]
    with pytest.raises(NotFoundError):
        any_sdk.get_docker_container(shared["name"])


def test_health_tells_of_docker_the_base_image_and_the_ports(any_sdk, shared):
    health = any_sdk.health_check()
    assert health["docker"]["available"] is True
    assert health["base_image"]["available"] is True
    assert health["ports"]["range"] == "18860-18960"
    assert health["ports"]["total"] == 101
    assert health["ports"]["used"] >= 1
    assert health["containers"]["running"] >= 1


def test_a_client_with_the_wrong_token_is_told_so(agent):
    with pytest.raises(AuthenticationError):
        AgentClient(agent.url, "0" * 40).health_check()


def test_a_base_url_with_a_trailing_slash_works(agent):
    assert AgentClient(f"{agent.url}/", agent.token).health_check()["agent_id"] == agent.id
