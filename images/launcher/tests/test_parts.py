"""The launcher's parts that need no Gradio."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
from synapse_launcher import entrypoint, guard, pick, settings
from synapse_launcher.events import Failure
from synapse_launcher.gradio_hooks import with_prefix
from synapse_launcher.lazy import LazyFinder, LazyModule
from synapse_launcher.locate import locate


@pytest.mark.parametrize(
    ("text", "file", "segments", "attribute"),
    [
        ("plugin.gradio_interface.app", None, ("plugin", "gradio_interface", "app"), None),
        ("plugin.web:ui.app", None, ("plugin", "web"), "ui.app"),
        ("plugin/web.py", "plugin/web.py", (), None),
        ("./plugin//web.py:demo", "plugin/web.py", (), "demo"),
        ("app.py", "app.py", (), None),
        (" plugin:create_app() ", None, ("plugin",), "create_app"),
        ("플러그인.화면", None, ("플러그인", "화면"), None),
    ],
)
def test_entrypoints_in_every_notation(text: str, file: str, segments: tuple, attribute: str) -> None:
    parsed = entrypoint.parse(text)
    assert (parsed.file, parsed.segments, parsed.attribute) == (file, segments, attribute)


@pytest.mark.parametrize("text", ["", ".", "a..b", "a b", "a:", "a:b c", "/etc/x.py", "a/../../b.py", "a/b", "a;b", "a\\b.py", "1a.b"])
def test_entrypoints_that_cannot_be_read(text: str) -> None:
    with pytest.raises(Failure) as failure:
        entrypoint.parse(text)
    assert failure.value.exit_code == 64


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("if __name__ == '__main__':\n demo.launch()", True),
        ("if '__main__' == __name__ and x:\n demo.queue().launch()", True),
        ("def main():\n go()\ndef go():\n uvicorn.run(app)\nif __name__ == '__main__':\n main()", True),
        ("def main():\n main()\nif __name__ == '__main__':\n main()", False),
        ("if __name__ == '__main__':\n print(demo)", False),
        ("demo.launch()", False),
        ("if __name__ != '__main__':\n demo.launch()", False),
        ("def f(:", False),
    ],
)
def test_guard(source: str, expected: bool) -> None:
    assert guard.launches_under_guard(source.encode()) is expected


def test_package_attribute_only_when_the_package_has_it(tmp_path: Path) -> None:
    (tmp_path / "plugin").mkdir()
    (tmp_path / "plugin" / "__init__.py").write_text("from .web import demo\n")
    assert locate(entrypoint.parse("plugin.demo"), str(tmp_path)).attribute == "demo"
    with pytest.raises(Failure) as failure:
        locate(entrypoint.parse("plugin.page"), str(tmp_path))
    assert failure.value.exit_code == 66


def test_nothing_is_imported_to_find_a_module(tmp_path: Path) -> None:
    (tmp_path / "loud").mkdir()
    (tmp_path / "loud" / "__init__.py").write_text("raise SystemExit('imported')\n")
    (tmp_path / "loud" / "web.py").write_text("")
    target = locate(entrypoint.parse("loud.web.demo"), str(tmp_path))
    assert (target.module, target.attribute) == ("loud.web", "demo")


@pytest.mark.parametrize(
    ("root", "prefix", "expected"),
    [
        ("http://h:8080", "/apps/7", "http://h:8080/apps/7"),
        ("http://h/ui", "/apps/7/", "http://h/apps/7/ui"),
        ("http://h/apps/7", "/apps/7", "http://h/apps/7"),
        ("http://h", "", "http://h"),
        ("http://h", "//evil", "http://h"),
        ("http://h", "/a b", "http://h"),
        ("http://h", '/"><script>', "http://h"),
    ],
)
def test_prefix(root: str, prefix: str, expected: str) -> None:
    assert with_prefix(root, prefix) == expected


def test_environment_gets_defaults_and_loses_what_opens_doors(tmp_path: Path) -> None:
    env = {"GRADIO_SHARE": "True", "GRADIO_VIBE_MODE": "1", "GRADIO_SERVER_PORT": "", "GRADIO_ROOT_PATH": " ", "NO_PROXY": "a.example", "MPLBACKEND": "svg"}
    settings.prepare(env, settings.Settings("0.0.0.0", 7860, "x"), str(tmp_path))
    assert not {"GRADIO_SHARE", "GRADIO_VIBE_MODE", "GRADIO_ROOT_PATH"} & set(env)
    assert env["GRADIO_SERVER_PORT"] == "7860" and env["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert env["NO_PROXY"] == "a.example,localhost,127.0.0.1,0.0.0.0,::1"
    assert env["MPLBACKEND"] == "svg"


def test_port_must_be_a_number() -> None:
    with pytest.raises(Failure) as failure:
        settings.read({"SYNAPSE_PORT": "http"}, "x")
    assert failure.value.reason == "bad_port"


def test_entrypoint_attribute_beats_a_well_known_name() -> None:
    class Studio:
        def launch(self) -> None: ...

    first, second = Studio(), Studio()
    assert pick.choose({"app": first, "mine": second}, "mine", "m").value is second
    assert pick.choose({"app": first, "mine": second}, None, "m").value is first


@pytest.fixture
def lazy_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = "slow_" + tmp_path.name.replace("-", "_")
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text(
        "import threading, time\nfrom {0}.part import inner\nthreading.Event().wait(0.05)\nvalue = 7\n".format(name)
    )
    (tmp_path / name / "part.py").write_text("import {0}\ninner = 1\n".format(name))
    monkeypatch.syspath_prepend(str(tmp_path))
    with LazyFinder([name]):
        __import__(name)
    return name


def test_lazy_module_becomes_the_ordinary_one(lazy_package: str) -> None:
    module = sys.modules[lazy_package]
    assert type(module) is LazyModule and "value" not in vars(module)
    assert module.value == 7
    assert type(module) is not LazyModule and module.part.inner == 1 and module.__path__


def test_lazy_module_is_loaded_by_an_import_of_its_part(lazy_package: str) -> None:
    part = __import__(lazy_package + ".part", fromlist=["inner"])
    assert part.inner == 1 and vars(sys.modules[lazy_package])["value"] == 7


def test_lazy_module_keeps_a_patch(lazy_package: str) -> None:
    sys.modules[lazy_package].value = 8
    assert sys.modules[lazy_package].value == 8


def test_lazy_module_is_whole_for_every_thread(lazy_package: str) -> None:
    module, seen = sys.modules[lazy_package], []

    def use(index: int) -> None:
        if index % 2:
            __import__(lazy_package + ".part")
        seen.append(module.value)

    threads = [threading.Thread(target=use, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [7] * 8
