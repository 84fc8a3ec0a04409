"""Launches as clients poll them, from a build that takes long to one that fails or is cancelled."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from support.agent import measured
from support.plugins import RAISES
from support.wait import PATIENCE, eventually
from synapse_sdk.clients.exceptions import NotFoundError

def launch_of(agent, release):
    """The launch of a release, as soon as the list has it."""

    def look():
        return next((launch for launch in agent.all("builds/") if launch["plugin_release"] == release), None)

    return eventually(look, what=f"a launch of {release}")


def test_a_long_build_is_answered_within_the_clients_patience_and_goes_on(agent, sdk, archive, index, ask):
    file = archive("long", requirements=index.requirements("held-long"))
    answer, seconds = measured(lambda: sdk.create_container("long@1.0.0", plugin_file=file, wait=False))
    assert seconds < 10, "the clients give up after 10 s"
    assert (answer["id"], answer["endpoint"]) == (None, None)
    # Theirs is answered after the Agent's patience, ours at once.
    assert answer["status"] in ("requested", "building")
    is_built = lambda launch: (launch["image_build"] or {}).get("status") == "building"
    status = eventually(lambda: sdk.get_build_status(answer["build_id"]), is_built, what="the begin of its build")
    assert status["status"] == "building"
    assert (status["result"], status["error"]) == (None, None)
    assert [item["pk"] for item in sdk.list_containers({"status": "building"})["results"]] == [answer["pk"]]
    with pytest.raises(TimeoutError):
        sdk.wait_for_build(answer["build_id"], timeout=0, poll_interval=0.01)
    # The same create again joins the build on its way.
    index.release("held-long")
    again = sdk.create_container("long@1.0.0", plugin_file=file)
    container = sdk.wait_for_build(answer["build_id"], poll_interval=0.05)
    assert again["pk"] == container["pk"] == answer["pk"]
    assert ask(container, "revision") == "one"
    sdk.delete_container(answer["pk"])
    assert sdk.get_build_status(answer["build_id"])["status"] == "completed", "a build is told of after its container"


def test_a_build_that_fails_says_why(any_sdk, agent, archive):
    file = archive("broken", requirements="--no-index\nnothing-of-this-name==1.0\n")
    with pytest.raises(RuntimeError) as failed:
        any_sdk.create_container(plugin_file=file)
    assert "nothing-of-this-name" in str(failed.value)
    container = any_sdk.list_containers({"plugin_release": "broken"})["results"][0]
    assert (container["status"], container["endpoint"]) == ("failed", None)
    assert container["failure"]["kind"] == "no_such_package"
    any_sdk.delete_container(container["pk"])


def test_an_app_that_raises_says_what_it_raised(sdk, archive):
    answer = sdk.create_container(plugin_file=archive("raises", app=RAISES), wait=False)
    with pytest.raises(RuntimeError, match="the weights are missing"):
        sdk.wait_for_build(answer["build_id"], poll_interval=0.05)
    launch = sdk.get_build_status(answer["build_id"])
    assert launch["status"] == "failed"
    assert launch["failure"]["kind"] == "import_error"
    assert launch["failure"]["message"] == launch["error"]
    sdk.delete_container(answer["pk"])


def test_a_failed_create_is_tried_again_by_the_next_one(sdk, archive, ask):
    first = sdk.create_container(plugin_file=archive("repaired", app=RAISES), wait=False)
    with pytest.raises(RuntimeError):
        sdk.wait_for_build(first["build_id"], poll_interval=0.05)
    second = sdk.create_container(plugin_file=archive("repaired", revision="two"))
    assert second["pk"] == first["pk"]
    assert ask(second, "revision") == "two"
    sdk.delete_container(first["pk"])


def test_a_cancelled_build_is_told_to_whoever_waits(agent, sdk, archive, index):
    file = archive("cancelled", requirements=index.requirements("held-cancelled"))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(sdk.create_container, plugin_file=file, timeout=PATIENCE)
        launch = launch_of(agent, "cancelled@1.0.0")
        assert index.asked("held-cancelled").wait(PATIENCE), "the build never asked for its package"
        assert agent.delete(f"builds/{launch['id']}/").status_code == 202
        with pytest.raises(RuntimeError, match="cancelled"):
            waiting.result(timeout=PATIENCE)
    with pytest.raises(RuntimeError, match=launch["id"]):
        sdk.wait_for_build(launch["id"], poll_interval=0.05)
    ended = agent.finished(launch["id"])
    assert ended["status"] == "cancelled"
    assert isinstance(ended["error"], str)
    again = agent.delete(f"builds/{launch['id']}/")
    assert (again.status_code, again.json()["code"]) == (409, "build_ended")
    index.release("held-cancelled")
    sdk.delete_container(ended["container_pk"])


def test_an_unknown_build_is_not_found_at_once(any_sdk):
    for name in ("01900000-0000-7000-8000-000000000000", "nonsense"):
        with pytest.raises(NotFoundError) as unknown:
            any_sdk.wait_for_build(name)
        assert unknown.value.detail["code"] == "build_unknown"


def test_the_list_of_builds_is_paged(agent, shared):
    page = agent.get("builds/?page_size=1").json()
    assert len(page["results"]) == 1
    assert page["count"] >= 1
    assert {"build_id", "status", "result", "error"} <= set(page["results"][0])
