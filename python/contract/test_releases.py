"""The releases that the Agent keeps."""

import pytest
from support import plugins
from synapse_sdk.clients.exceptions import HTTPError, NotFoundError, ServerError


@pytest.fixture
def stored(agent):
    """A release without a container."""
    files = {"file": ("plugin.zip", plugins.plugin("stored", "2.0.7+lig"))}
    answer = agent.post("plugin_releases/", files=files)
    assert answer.status_code == 201, answer.text
    yield answer.json()
    agent.delete(f"plugin_releases/{answer.json()['id']}/")


def test_an_uploaded_release_is_kept_without_a_container(agent, sdk, stored):
    assert (stored["plugin_release"], stored["code"], stored["version"]) == ("stored@2.0.7+lig", "stored", "2.0.7+lig")
    assert stored["plugin"] == "stored"
    assert len(stored["checksum"]) == 64
    assert sdk.list_containers({"plugin_release": "stored"})["count"] == 0


def test_releases_are_listed_and_walked(any_sdk, shared, stored):
    page = any_sdk.list_plugin_releases()
    assert {"count", "next", "previous", "results"} == set(page)
    items, count = any_sdk.list_plugin_releases({"page_size": 1}, list_all=True)
    names = [item["plugin_release"] for item in items]
    assert len(names) == count
    assert {"stored@2.0.7+lig", "probe@1.0.0"} <= set(names)


def test_a_release_is_found_by_key_and_by_name(any_sdk, stored):
    assert any_sdk.get_plugin_release(stored["id"])["plugin_release"] == "stored@2.0.7+lig"
    assert any_sdk.get_plugin_release("stored@2.0.7+lig")["id"] == stored["id"]


def test_a_release_that_is_here_can_be_asked_for_again(any_sdk, stored):
    assert any_sdk.create_plugin_release("stored", "2.0.7+lig")["id"] == stored["id"]


def test_a_release_that_nobody_has_cannot_be_fetched(any_sdk):
    with pytest.raises(NotFoundError) as unknown:
        any_sdk.create_plugin_release("nobody-has-this", "1.0.0")
    assert unknown.value.detail["code"] == "plugin_release_unknown"


def test_a_deleted_release_is_gone(any_sdk, stored):
    assert any_sdk.delete_plugin_release("stored@2.0.7+lig") is None
    with pytest.raises(NotFoundError):
        any_sdk.get_plugin_release("stored@2.0.7+lig")


def test_a_release_in_use_stays(any_sdk, shared):
    with pytest.raises(HTTPError) as refused:
        any_sdk.delete_plugin_release("probe@1.0.0")
    assert refused.value.status_code == 409
    assert refused.value.detail["code"] == "plugin_release_in_use"
    assert any_sdk.get_plugin_release("probe@1.0.0")


@pytest.mark.theirs_alone
def test_jobs_are_not_run_here_and_that_is_said(any_sdk, shared):
    for call in (
        lambda: any_sdk.run_plugin_release("probe@1.0.0", "train", {"epochs": 1}),
        lambda: any_sdk.run_debug_plugin_release("train", {"epochs": 1}),
    ):
        with pytest.raises(ServerError) as refused:
            call()
        assert refused.value.status_code == 501
        assert refused.value.detail["code"] == "jobs_not_supported"
        assert "containers/" in refused.value.detail["hint"]
