"""The code of a live container: a tar that the Agent put there, and the plugin's root as it says."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from typing import IO, Iterable, List, Optional

# Names of what was unpacked last, in the home folder: a file that the next tar lacks was deleted by its author, while one
# that the plugin wrote itself stays.
_NAMES = ".synapse-code"


def unpack(tar: str, root: str) -> None:
    """Makes the plugin's files in ``root`` those of the tar. What did not change is not written."""
    before = _names_before()
    names: List[str] = []
    with tarfile.open(tar) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                names.append(member.name)
                _write(os.path.join(root, member.name), content, member.mode)
    for name in set(before) - set(names):
        _remove(os.path.join(root, name))
    with open(_names_file(), "w", encoding="utf-8") as file:
        json.dump(names, file)


def _write(path: str, content: IO[bytes], mode: int) -> None:
    new = content.read()
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    if _read(path) != new:
        _make_folder(os.path.dirname(path))
        with open(path, "wb") as file:
            file.write(new)
    os.chmod(path, 0o755 if mode & 0o111 else 0o644)


def _read(path: str) -> Optional[bytes]:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _make_folder(folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        # A file of the last time has the name of a folder.
        _remove(folder)
        _make_folder(os.path.dirname(folder))
        os.makedirs(folder, exist_ok=True)


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:
        pass


def _names_before() -> Iterable[str]:
    try:
        with open(_names_file(), encoding="utf-8") as file:
            return [str(name) for name in json.load(file)]
    except (OSError, ValueError):
        return []


def _names_file() -> str:
    return os.path.join(os.path.expanduser("~"), _NAMES)
