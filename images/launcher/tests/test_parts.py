"""The launcher's parts that need no Gradio."""

from __future__ import annotations

import io
import sys
import tarfile
import threading
import tracemalloc
from pathlib import Path
from typing import Dict

import pytest
from synapse_launcher import code, entrypoint, guard, pick, settings
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


@pytest.fixture
def plugin_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("app", "home"):
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "app"


def unpack(root: Path, files: Dict[str, bytes]) -> None:
    tar = root.parent / "code.tar"
    with tarfile.open(tar, "w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    code.unpack(str(tar), str(root))


def test_unpacking_makes_the_files_those_of_the_tar(plugin_root: Path) -> None:
    unpack(plugin_root, {"a.py": b"1", "gone.py": b"", "folder": b"a file at first", "file/inner": b"x"})
    (plugin_root / "own.txt").write_text("the plugin's own")
    (plugin_root / "elsewhere").write_text("not of the tar")
    (plugin_root / "link").symlink_to(plugin_root / "elsewhere")
    unpack(plugin_root, {"a.py": b"2", "folder/inner.py": b"3", "file": b"4", "link": b"5"})
    found = {str(path.relative_to(plugin_root)): path.read_bytes() for path in plugin_root.rglob("*") if path.is_file()}
    assert found == {"a.py": b"2", "folder/inner.py": b"3", "file": b"4", "link": b"5", "own.txt": b"the plugin's own", "elsewhere": b"not of the tar"}


def test_what_did_not_change_is_not_written(plugin_root: Path) -> None:
    large = b"w" * (3 * 1024 * 1024)
    unpack(plugin_root, {"same.bin": large, "longer.bin": b"a", "other.bin": large})
    before = {path.name: path.stat().st_ino for path in plugin_root.iterdir()}
    kept = [open(path, "rb") for path in plugin_root.iterdir()]
    unpack(plugin_root, {"same.bin": large, "longer.bin": b"ab", "other.bin": large[:-1] + b"x"})
    after = {path.name: path.stat().st_ino for path in plugin_root.iterdir()}
    for file in kept:
        file.close()
    assert [name for name in sorted(after) if before[name] != after[name]] == ["longer.bin", "other.bin"]
    assert (plugin_root / "other.bin").read_bytes() == large[:-1] + b"x"


def test_a_large_file_is_never_in_memory_as_a_whole(plugin_root: Path) -> None:
    size = 16 * 1024 * 1024
    for letter in (b"a", b"a", b"b"):
        tracemalloc.start()
        try:
            unpack_from_disk(plugin_root, letter, size)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < size // 2
    assert (plugin_root / "weights.bin").stat().st_size == size


def unpack_from_disk(root: Path, letter: bytes, size: int) -> None:
    weights = root.parent / "weights.bin"
    with open(weights, "wb") as file:
        for _ in range(size // len(letter * 1024)):
            file.write(letter * 1024)
    with tarfile.open(root.parent / "code.tar", "w") as archive:
        archive.add(weights, "weights.bin")
    code.unpack(str(root.parent / "code.tar"), str(root))


def test_a_file_that_cannot_be_written_whole_stays_as_it_was(plugin_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpack(plugin_root, {"a.py": b"before"})

    def full(source: object, target: io.BufferedWriter, length: int) -> None:
        target.write(b"hal")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(code.shutil, "copyfileobj", full)
    with pytest.raises(OSError):
        unpack(plugin_root, {"a.py": b"after"})
    assert [(path.name, path.read_bytes()) for path in plugin_root.iterdir()] == [("a.py", b"before")]
