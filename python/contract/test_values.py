"""What a caller hands to an app: it arrives byte for byte, or is refused by name; and no secret is ever shown."""

import json

import pytest
from support import docker
from synapse_sdk.clients.exceptions import HTTPError, ValidationError

MOST = 128_000
CANARY = "canary-7f3a9c51d2e84b06"


def params_of(size):
    """Params whose JSON has so many bytes."""
    return {"x": "a" * (size - len('{"x":""}'))}


def values(ask, container, names):
    told = json.loads(ask(container, "env", names=list(names)))
    return {name: bytes.fromhex(value) for name, value in told.items()}


def test_item_23_params_of_128000_bytes_reach_the_app(sdk, probe, model, ask):
    container = sdk.create_container(probe, model=model, params=params_of(MOST))
    assert ask(container, "params") == json.dumps(params_of(MOST), separators=(",", ":"))
    sdk.delete_container(container["pk"])


@pytest.mark.parametrize("size", [MOST + 1, 131_058, 2_000_000])
def test_item_23_larger_params_are_refused_and_nothing_is_made(any_sdk, agent, probe, model, size):
    before = len(docker.containers(agent.label()))
    with pytest.raises(HTTPError) as refused:
        any_sdk.create_container(probe, model=model, params=params_of(size))
    assert refused.value.status_code == 413
    assert refused.value.detail["code"] == "params_too_large"
    assert str(size) in refused.value.detail["detail"]
    assert any_sdk.list_containers({"model": model})["count"] == 0
    assert len(docker.containers(agent.label())) == before


TRICKY = {
    "KOREAN": "안녕하세요, 세계",
    "EMOJI": "👩‍🔬🚀",
    "LINES": "첫째 줄\n둘째 줄\r\n\t끝\n",
    "QUOTES": "\"'`$HOME $(id) \\n %s {} ",
    "EQUALS": "a=b=c",
    "EMPTY": "",
    "SPACES": "  around  ",
    "_lower1": "x" * 32_768,
}


def test_item_24_values_arrive_byte_for_byte(sdk, probe, probe_zip, model, ask):
    expected = {name: value.encode() for name, value in TRICKY.items()}
    by_json = sdk.create_container(probe, model=model, envs=TRICKY)
    assert values(ask, by_json, TRICKY) == expected
    # The same through a form, to a container of its own.
    sdk.delete_container(by_json["pk"])
    by_form = sdk.create_container(probe, model=model, envs=TRICKY, plugin_file=probe_zip)
    assert values(ask, by_form, TRICKY) == expected
    sdk.delete_container(by_form["pk"])


def test_item_24_numbers_and_booleans_become_their_json_text(agent, sdk, probe, model, ask):
    answer = agent.post(
        "containers/", json={"plugin_release": probe, "model": model, "envs": {"COUNT": 3, "RATE": 0.5, "FLAG": True}}
    )
    container = sdk.wait_for_build(answer.json()["build_id"], poll_interval=0.05)
    assert values(ask, container, ["COUNT", "RATE", "FLAG"]) == {"COUNT": b"3", "RATE": b"0.5", "FLAG": b"true"}
    sdk.delete_container(container["pk"])


@pytest.mark.parametrize("name", ["A B", "1A", "=x", "A\nB", "", "한글", "A-B", "A" * 129])
def test_item_24_a_name_that_is_none_is_refused_by_name(sdk, probe, model, name):
    with pytest.raises(ValidationError) as refused:
        sdk.create_container(probe, model=model, envs={"GOOD": "x", name: "x"})
    assert refused.value.detail["code"] == "env_name_invalid"
    assert name.replace("\n", "\\n") in refused.value.detail["detail"]
    assert sdk.list_containers({"model": model})["count"] == 0


@pytest.mark.parametrize(
    "name",
    ["LD_PRELOAD", "LD_LIBRARY_PATH", "GRADIO_SHARE", "GRADIO_SERVER_PORT", "PATH", "PYTHONPATH", "PLUGIN_PARAMS",
     "SYNAPSE_ENTRYPOINT", "DOCKER_HOST"],
)  # fmt: skip
def test_item_24_a_name_that_is_the_agents_own_is_refused_by_name(sdk, probe, model, name):
    with pytest.raises(ValidationError) as refused:
        sdk.create_container(probe, model=model, envs={name: "x"})
    assert refused.value.detail["code"] == "env_name_denied"
    assert name in refused.value.detail["detail"]
    assert sdk.list_containers({"model": model})["count"] == 0


@pytest.mark.parametrize("value", ["a\0b", ["list"], {"a": 1}, None, "x" * 32_769], ids=["nul", "list", "map", "null", "long"])
def test_item_24_a_value_that_no_process_can_receive_is_refused_by_name(sdk, probe, model, value):
    with pytest.raises(ValidationError) as refused:
        sdk.create_container(probe, model=model, envs={"CULPRIT": value})
    assert refused.value.detail["code"] == "env_value_invalid"
    assert "CULPRIT" in refused.value.detail["detail"]


def test_item_25_no_answer_and_no_log_shows_a_secret(agent, sdk, probe, model, ask):
    secrets = dict.fromkeys(["HF_TOKEN", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY", "SENTRY_DSN"], CANARY)
    params = {"size": 1, "nested": {"api_key": CANARY}}
    answers = []

    def tell(response):
        answers.append(response.text)
        return response.json() if response.text else None

    create = {"plugin_release": probe, "model": model, "envs": {**secrets, "PLAIN": "shown"}, "params": params}
    create["metadata"] = {"password": CANARY, "note": "shown"}
    made = tell(agent.post("containers/", json=create))
    container = tell(agent.get(f"builds/{agent.finished(made['build_id'])['id']}/"))["result"]
    assert set(values(ask, container, secrets).values()) == {CANARY.encode()}, "the app itself is given them"
    assert json.loads(ask(container, "params"))["nested"]["api_key"] == CANARY
    tell(agent.post("containers/", json=create))
    agent.finished(made["build_id"])
    docker_id = tell(agent.get(f"containers/{container['pk']}/"))["id"]
    tell(agent.get("containers/?page_size=500"))
    tell(agent.get("containers/docker/"))
    tell(agent.get(f"containers/docker/{docker_id}/"))
    tell(agent.get("builds/?page_size=500"))
    tell(agent.request("PATCH", f"containers/{container['pk']}/", json={"status": "stopped"}))
    tell(agent.post(f"containers/docker/{docker_id}/start/"))
    tell(agent.post(f"containers/{container['pk']}/restart/"))
    tell(agent.get("health/"))
    for path in (f"containers/{container['pk']}/logs/", f"builds/{made['build_id']}/logs/"):
        answers.append(agent.get(path).text)
    shown = tell(agent.get(f"containers/{container['pk']}/"))
    assert shown["envs"]["PLAIN"] == "shown"
    assert shown["metadata"]["note"] == "shown"
    assert "PLAIN=shown" in shown["attrs"]["Config"]["Env"]
    assert len(answers) == 15
    for text in answers:
        assert CANARY not in text, text[:2000]
    sdk.delete_container(container["pk"])
    assert CANARY not in agent.log()


def test_item_25_a_refused_secret_is_not_repeated(agent, sdk, probe, model):
    for envs in ({"HF_TOKEN": CANARY + "\0"}, {"HF_TOKEN": [CANARY]}, {"LD_TOKEN": CANARY}):
        answer = agent.post("containers/", json={"plugin_release": probe, "model": model, "envs": envs})
        assert answer.status_code == 400
        assert CANARY not in answer.text
    broken = agent.post("containers/", data=b'{"envs": {"HF_TOKEN": "' + CANARY.encode() + b'"', headers={"Content-Type": "application/json"})
    assert broken.status_code == 400
    assert CANARY not in broken.text
    assert CANARY not in agent.log()
