"""Every block of code of the user's own document, run as written, against a real Agent.

How blocks are found and get their indentation back is told in support/seed.py. Only what its reader alone can know is put in: the
Agent's address and token, where the archive lies, the id of a container, and the release whose name the page hides. A block that
no test here names fails the first test.
"""

import inspect
import json
import os
import re
import subprocess
from types import SimpleNamespace

import pytest
from support import docker, plugins, seed
from support.seed import RELEASE
from support.signatures import assert_same_signature
from synapse_sdk.clients.agent import AgentClient, AsyncContainerClientMixin, ContainerClientMixin
from synapse_sdk.exceptions import NotFoundError, ValidationError
from synapse_sdk.plugins.models import PluginRelease

SHOWN_ID = "abc123def456"
SEED_KEYS = {"id", "status", "name", "image", "endpoint"}
# The first line of each block, as the tests below name them; the document's order is theirs.
NAMED = []


def of(first_line):
    """Says which block a test is about."""
    NAMED.append(first_line)
    block = next((block for block in seed.blocks() if block.splitlines()[0] == first_line), None)
    return pytest.mark.parametrize("block", [pytest.param(block, id="as-written")])


@pytest.fixture(scope="module")
def tree():
    return seed.tree_of(seed.block_that_begins("my-plugin/"))


@pytest.fixture(scope="module")
def document(agent, tree, tmp_path_factory):
    """A session whose client is made as the document shows, with an Agent that has the document's plugin."""
    archive = tmp_path_factory.mktemp("seed") / "plugin-release.zip"
    # Of this run alone, as every plugin of the suite.
    archive.write_bytes(plugins.zipped({**tree, "plugin/__init__.py": plugins.RUN}))
    document = seed.Document(agent, archive)
    client = document.run(seed.block_that_begins(CONSTRUCTION))["client"]
    client.upload_plugin_release(archive)
    yield document
    for container in list(client.list_containers({"plugin_release": RELEASE}, list_all=True)[0]):
        client.delete_container(container["pk"])
    client.delete_plugin_release(RELEASE)
    client.close()


@pytest.fixture
def client(document):
    return document.names["client"]


def assert_kept(promise, answer):
    """An answer has every key that was shown, and what does not differ from machine to machine is the same."""
    assert set(promise) <= set(answer)
    for key in ("status", "image", "restarted"):
        if key in promise:
            assert answer[key] == promise[key]
    assert re.fullmatch("[0-9a-f]{64}", answer["id"])
    if "endpoint" in promise:
        assert re.fullmatch(r"http://[\w.]+:\d+", answer["endpoint"])


def test_every_block_of_the_document_has_a_test():
    found = [block.splitlines()[0] for block in seed.blocks()]
    assert found == NAMED, "a block without a test, or a test without its block"
    assert len(set(found)) == len(found) == 21


@of("SDK (ContainerClientMixin)")
def test_the_architecture_is_what_is_drawn(document, client, block):
    assert [line for line in block.splitlines() if line[0] not in "|v"] == [
        "SDK (ContainerClientMixin)",
        "Agent (Container ViewSet)",
        "Docker Engine",
    ]
    assert isinstance(client, ContainerClientMixin)
    assert client.health_check()["docker"]["available"] is True
    container = client.create_container(RELEASE, model=1)
    assert "7860/tcp" in client.get_container(container["id"])["attrs"]["NetworkSettings"]["Ports"]


CONSTRUCTION = "from synapse_sdk.clients.agent import AgentClient"


@of(CONSTRUCTION)
def test_the_client_is_made(document, agent, block):
    client = document.run(block)["client"]
    assert type(client) is AgentClient
    assert client.health_check()["agent_id"] == agent.id


@of("response = client.create_container(")
def test_a_container_is_created_by_the_name_of_a_release(document, client, block):
    response = document.run(block)["response"]
    [promise] = seed.promises(document.put_in(block))
    assert_kept(promise, response)
    record = client.get_container(response["id"])
    assert (record["model"], record["params"]) == (123, {"input_size": 512})
    assert record["envs"] == {"CUDA_VISIBLE_DEVICES": "0"}
    assert (record["labels"], record["metadata"]) == (["gradio", "production"], {"created_by": "admin"})


@of("from synapse_sdk.plugins.models import PluginRelease")
def test_a_container_is_created_by_a_release_object(document, client, block):
    names = document.run(block)
    assert type(names["plugin_release"]) is PluginRelease
    assert SEED_KEYS <= set(names["response"])
    record = client.get_container(names["response"]["id"])
    assert (record["plugin_release"], record["params"]) == (RELEASE, {"batch_size": 32})


@of("# 로컬 플러그인 아카이브를 업로드하고 컨테이너 생성")
def test_an_archive_is_uploaded_and_run(document, block):
    response = document.run(block)["response"]
    assert SEED_KEYS <= set(response)
    assert (response["status"], response["plugin_release"]) == ("running", RELEASE)


@of("# 첫 번째 호출 - 새 컨테이너 생성")
def test_the_second_create_restarts(document, client, block):
    for container in client.list_containers({"model": 123})["results"]:
        client.delete_container(container["id"])
    names = document.run(block)
    first, second = seed.promises(block)
    assert_kept(first, names["response1"])
    assert_kept(second, names["response2"])
    assert "restarted" not in names["response1"]
    assert names["response2"]["id"] == names["response1"]["id"]


@of("# 모든 컨테이너 목록")
def test_containers_are_listed(document, client, block, capsys):
    client.create_container(RELEASE, model=2)
    page = client.list_containers()
    assert set(seed.promises(block)[0]) <= set(page)
    names = document.run(block)
    assert all(container["status"] == "running" for container in names["result"]["results"])
    assert names["count"] == page["count"] >= 1
    printed = capsys.readouterr().out.splitlines()
    everything = client.list_containers({"page_size": 500})["results"]
    assert printed == [f"{container['name']}: {container['status']}" for container in everything]


@of('container = client.get_container("abc123def456")')
def test_one_container_is_shown(document, client, block):
    made = client.create_container(RELEASE, model=3)
    container = document.run(block.replace(f'"{SHOWN_ID}"', f'"{made["id"][:12]}"'))["container"]
    [promise] = seed.promises(block)
    assert_kept(promise, container)
    assert container["id"] == container["attrs"]["Id"] == made["id"]


@of('client.delete_container("abc123def456")')
def test_a_container_is_deleted(document, client, block):
    made = client.create_container(RELEASE, model=4)
    document.run(block.replace(SHOWN_ID, made["id"][:12]))
    assert docker.inspect(made["id"]) is None
    with pytest.raises(NotFoundError):
        client.get_container(made["pk"])


@of("# Docker 소켓 접근 가능 여부 확인")
def test_health_is_checked(document, block):
    assert document.run(block)["health"]["docker"]["available"] is True


@of("my-plugin/")
def test_the_folder_has_what_is_needed_and_only_the_app_is_required(client, tree, tmp_path, block):
    assert list(tree) == ["config.yaml", "plugin/__init__.py", "plugin/gradio_interface.py", "requirements.txt"]
    assert seed.tree_of(block) == tree
    for missing, is_required in (("requirements.txt", False), ("plugin/gradio_interface.py", True)):
        file = tmp_path / "without.zip"
        kept = {name: text for name, text in tree.items() if name != missing}
        kept["config.yaml"] = kept["config.yaml"].replace("my-plugin", "lacking")
        file.write_bytes(plugins.zipped(kept))
        if is_required:
            with pytest.raises(ValidationError, match="gradio_interface"):
                client.create_container(plugin_file=file)
        else:
            assert client.create_container(plugin_file=file)["status"] == "running"
    for container in client.list_containers({"plugin_release": "lacking"})["results"]:
        client.delete_container(container["pk"])
    client.delete_plugin_release("lacking@1.0.0")


@of("import gradio as gr")
def test_the_example_app_is_served(client, tree, app, block):
    assert tree["plugin/gradio_interface.py"] == seed.indented(block)
    container = client.create_container(RELEASE, model=5)
    with app(container) as visitor:
        assert visitor.config["title"] == "My Plugin Playground"
        assert "/predict" in visitor.view_api(print_info=False, return_format="dict")["named_endpoints"]


@of("code: my-plugin")
def test_the_config_is_understood(client, block):
    release = client.get_plugin_release(RELEASE)
    assert (release["code"], release["name"], release["version"]) == ("my-plugin", "My Plugin", "1.0.0")
    assert release["category"] == "neural_net"
    assert "gradio_interface" in release["entrypoint"] and "plugin.gradio_interface.app" in block


@of("import os")
def test_params_are_read_in_the_app(client, tmp_path, app, block, monkeypatch):
    tell = "\nimport gradio as gr\ndemo = gr.Interface(lambda: str(input_size), None, gr.Textbox(), api_name='size')\n"
    file = tmp_path / "reader.zip"
    file.write_bytes(plugins.plugin("seed-reader", app=seed.indented(block) + tell))
    container = client.create_container(plugin_file=file, params={"input_size": 640})
    with app(container) as visitor:
        assert visitor.predict(api_name="/size") == "640"
    client.delete_container(container["id"])
    monkeypatch.delenv("PLUGIN_PARAMS", raising=False)
    names = {}
    exec(seed.indented(block), names)
    assert names["input_size"] == 512


@of("base_image = config.GRADIO_CONTAINER_BASE_IMAGE")
def test_the_base_image_is_a_setting_of_that_name(client, block):
    # The Agent's own list of settings: what each is by default, and the variable that sets it.
    told = subprocess.run([os.environ["PLAYGROUND_BINARY"], "agent", "--help"], capture_output=True, text=True, check=True)
    settings = re.findall(r"\[default: ([^\]]*)\] \[env: (\w+)=", " ".join(told.stdout.split()))
    names = {"config": SimpleNamespace(**{variable: default for default, variable in settings})}
    exec(block, names)
    assert names["base_image"] == client.health_check()["base_image"]["reference"]


@of("FROM {base_image}")
def test_the_dockerfile_builds_the_plugin_on_the_base_image(client, agent, tree, block):
    base_image = client.health_check()["base_image"]["reference"]
    dockerfile = seed.indented(block).format(base_image=base_image)
    image = docker.build({**tree, "Dockerfile": dockerfile}, label=agent.label())
    assert docker.inspect_image(image)["Config"]["Labels"]["synapse.agent"] == agent.id
    docker.remove_image({"Id": image})


BOTH = pytest.mark.parametrize("mixin", [ContainerClientMixin, AsyncContainerClientMixin])


@BOTH
@of("def create_container(")
def test_the_signature_of_create_container(block, mixin):
    assert_same_signature(block, mixin)


@BOTH
@of("def list_containers(")
def test_the_signature_of_list_containers(block, mixin):
    assert_same_signature(block, mixin)


@BOTH
@of("def get_container(container_id: Union[int, str]) -> dict")
def test_the_signature_of_get_container(block, mixin):
    assert_same_signature(block, mixin)


@BOTH
@of("def delete_container(container_id: Union[int, str]) -> None")
def test_the_signature_of_delete_container(block, mixin):
    assert_same_signature(block, mixin)


@BOTH
@of("def health_check() -> dict")
def test_the_signature_of_health_check(block, mixin):
    assert_same_signature(block, mixin)


# Each row of the exceptions table, and the call that it speaks of.
EXCEPTIONS = {
    "ValueError": lambda client: client.create_container(),
    "TypeError": lambda client: client.create_container(123),
    "FileNotFoundError": lambda client: client.create_container(RELEASE, plugin_file="/nowhere/plugin-release.zip"),
}


def test_every_row_of_the_exceptions_table_has_its_call():
    rows = [re.match(r"\s*• (\w+): ", line)[1] for line in seed.section("예외:", "list_containers()")]
    assert rows == list(EXCEPTIONS)


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_a_row_of_the_exceptions_table(client, name):
    before = client.list_containers()["count"]
    with pytest.raises(Exception) as raised:
        EXCEPTIONS[name](client)
    assert type(raised.value).__name__ == name
    assert client.list_containers()["count"] == before


def test_every_row_of_the_parameters_table_is_a_parameter():
    table = seed.section("파라미터타입설명", "예외:")
    returned = next(line for line in table if line.startswith("반환값:"))
    rows = table[: table.index(returned)]
    parameters = inspect.signature(AgentClient.create_container).parameters
    named = [name for name in parameters if any(row.startswith(name) for row in rows)]
    assert len(named) == len(rows) == 7
    assert re.findall("[a-z]{2,}", returned) == ["id", "status", "name", "image", "endpoint", "restarted", "dict"]


def test_the_variables_table_is_what_an_app_gets(client, probe, model, ask):
    rows = seed.section("변수설명", "Gradio 앱에서 접근:")
    assert rows[0].startswith("PLUGIN_PARAMS") and rows[1].startswith("사용자 정의 envs")
    container = client.create_container(probe, model=model, params={"size": 1}, envs={"MODE": "fast"})
    assert json.loads(ask(container, "params")) == {"size": 1}
    assert bytes.fromhex(json.loads(ask(container, "env", names=["MODE"]))["MODE"]) == b"fast"
    client.delete_container(container["pk"])
