"""Creating containers with the SDK: every shape of identity and body that reaches the Agent."""

import json
import os
from types import SimpleNamespace

import pytest
from support import plugins
from synapse_sdk.clients.exceptions import NotFoundError, ValidationError


def assert_ready(container, release="quick@1.0.0"):
    """The keys of the seed's answer, as the seed writes them."""
    code, version = release.split("@")
    assert len(container["id"]) == 64
    assert container["status"] == "running"
    assert container["name"]
    assert container["image"] == f"synapse-plugin-{code}-{version}"
    assert container["endpoint"] == f"http://127.0.0.1:{container['host_port']}"
    assert container["plugin_release"] == release
    assert isinstance(container["pk"], int)


def test_an_archive_with_everything_beside_it_becomes_a_container(any_sdk, agent, probe_zip, model, ask):
    container = any_sdk.create_container(
        "probe@1.0.0",
        plugin_file=str(probe_zip),
        model=model,
        params={"input_size": 512, "nested": {"a": [1, 2]}, "ko": "한글"},
        envs={"CUDA_VISIBLE_DEVICES": "0"},
        labels=["gradio", "production"],
        metadata={"created_by": "admin"},
    )
    assert_ready(container, "probe@1.0.0")
    record = any_sdk.get_container(container["pk"])
    assert record["model"] == model
    assert record["labels"] == ["gradio", "production"]
    assert record["metadata"] == {"created_by": "admin"}
    assert 18860 <= record["host_port"] <= 18960
    assert json.loads(ask(container, "params")) == {"input_size": 512, "nested": {"a": [1, 2]}, "ko": "한글"}
    assert bytes.fromhex(json.loads(ask(container, "env", names=["CUDA_VISIBLE_DEVICES"]))["CUDA_VISIBLE_DEVICES"]) == b"0"


def test_a_string_names_a_release_that_is_there(sdk, quick, model):
    container = sdk.create_container(quick, model=model, params={"batch_size": 32})
    assert_ready(container)
    assert "restarted" not in container


def test_a_bare_code_means_its_newest_release(sdk, quick, model):
    assert_ready(sdk.create_container("quick", model=model), quick)


def test_a_v1_plugin_release_object_is_understood(sdk, quick, model):
    actions = {"gradio": {"entrypoint": "plugin.gradio_interface.app"}}
    release = SimpleNamespace(code=quick, plugin="quick", version="1.0.0", config={"code": "quick", "actions": actions})
    assert_ready(sdk.create_container(release, model=model, params={"batch_size": 32}))


def test_an_object_whose_first_action_is_not_gradio_still_gets_the_gradio_app(sdk, probe_zip, model, ask):
    actions = {"train": {"entrypoint": "plugin.train.run"}, "gradio": {"entrypoint": "plugin.gradio_interface.app"}}
    release = SimpleNamespace(code="probe@1.0.0", plugin="probe", version="1.0.0", config={"actions": actions})
    container = sdk.create_container(release, model=model, plugin_file=probe_zip)
    assert ask(container, "revision") == "one"


def test_the_newest_plugin_config_shape_is_understood(sdk, quick, model):
    # No `@version` in its code, no plugin, no config: what the newest SDK's PluginConfig has.
    config = SimpleNamespace(code="quick", version="1.0.0", actions={"gradio": {}})
    assert_ready(sdk.create_container(config, model=model))


def test_a_file_alone_says_what_it_is(sdk, agent, archive):
    container = sdk.create_container(plugin_file=archive("alone", "0.3.0+lig", app=plugins.MIMIC))
    assert container["plugin_release"] == "alone@0.3.0+lig"
    assert container["model"] is None
    sdk.delete_container(container["id"])


def test_without_waiting_the_answer_names_its_launch_and_can_be_polled(any_sdk, agent, quick, model):
    answer = any_sdk.create_container(quick, model=model, wait=False)
    build = answer["build_id"]
    assert answer["status_url"] == f"{agent.url}/builds/{build}/"
    assert answer["sse_url"] == f"{agent.url}/builds/{build}/logs/stream/"
    assert answer["ws_url"] == f"{agent.url}/builds/{build}/logs/".replace("http", "ws", 1)
    assert_ready(any_sdk.wait_for_build(build, poll_interval=0.05))
    launch = any_sdk.get_build_status(build)
    assert launch["status"] == "completed"
    assert launch["error"] is None
    assert launch["result"]["pk"] == answer["pk"]


def test_kind_and_the_backends_key_are_kept(sdk, quick, model):
    container = sdk.create_container(quick, model=model, kind="plugin_runtime", backend_container_id=4711)
    record = sdk.get_container(container["pk"])
    assert (record["kind"], record["backend_container_id"]) == ("plugin_runtime", 4711)


def test_a_kind_that_is_not_run_here_is_refused(sdk, probe, model):
    with pytest.raises(ValidationError) as refused:
        sdk.create_container(probe, model=model, kind="code_server")
    assert refused.value.detail["code"] == "kind_invalid"


def test_create_docker_container_is_the_same_create(sdk, agent, quick):
    created = sdk.create_docker_container(
        quick, params={"size": 3}, envs={}, metadata={}, labels=["through-docker"]
    )
    container = sdk.wait_for_build(created["build_id"], poll_interval=0.05)
    assert_ready(container)
    assert sdk.get_docker_container(container["id"])["params"] == {"size": 3}
    sdk.delete_docker_container(container["id"])


def test_the_client_checks_what_it_is_given_before_it_asks(any_sdk):
    with pytest.raises(ValueError):
        any_sdk.create_container()
    with pytest.raises(TypeError):
        any_sdk.create_container(12)
    with pytest.raises(FileNotFoundError):
        any_sdk.create_container("probe@1.0.0", plugin_file="/nowhere/plugin.zip")


def test_a_release_that_nobody_has_is_not_found(any_sdk):
    with pytest.raises(NotFoundError) as unknown:
        any_sdk.create_container("never-seen@1.0.0")
    assert unknown.value.detail["code"] == "plugin_release_unknown"
    assert "file" in unknown.value.detail["hint"]


def test_a_contradiction_between_the_call_and_the_archive_is_refused(sdk, probe_zip):
    with pytest.raises(ValidationError) as refused:
        sdk.create_container("probe@9.9.9", plugin_file=probe_zip)
    assert "9.9.9" in refused.value.detail["detail"]


def test_a_large_archive_is_taken_in_within_the_clients_three_seconds(sdk, tmp_path, model):
    # 30 MB that do not compress; the newest client gives up when they are not read within 3 s, and never asks again.
    files = {
        "config.yaml": plugins.config("heavy", "1.0.0"),
        "plugin/gradio_interface.py": plugins.RAISES,
        "weights.bin": os.urandom(30_000_000),
    }
    file = tmp_path / "heavy.zip"
    file.write_bytes(plugins.zipped(files))
    answer = sdk.create_container(plugin_file=file, model=model, wait=False)
    assert answer["plugin_release"] == "heavy@1.0.0"
    sdk.delete_container(answer["pk"])
