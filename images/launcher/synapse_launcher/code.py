"""The code of a live container: a tar that the Agent put there, and the plugin's root as it says."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from typing import IO, Iterable, List

# Names of what was unpacked last, in the home folder: a file that the next tar lacks was deleted by its author, while one
# that the plugin wrote itself stays.
_NAMES = ".synapse-code"
# The name of a file that is not whole yet.
_NEW = ".synapse-new"
# So much is in memory at a time.
_PIECE = 1024 * 1024


def unpack(tar: str, root: str) -> None:
    """Makes the plugin's files in ``root`` those of the tar. What did not change is not written."""
    before = _names_before()
    names: List[str] = []
    with tarfile.open(tar) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                names.append(member.name)
                _write(os.path.join(root, member.name), content, member.size, member.mode)
    for name in set(before) - set(names):
        _remove(os.path.join(root, name))
    with open(_names_file(), "w", encoding="utf-8") as file:
        json.dump(names, file)


def _write(path: str, content: IO[bytes], size: int, mode: int) -> None:
    """In pieces: one file of weights may be larger than the container's memory."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    if not _is_same(path, content, size):
        content.seek(0)
        folder = os.path.dirname(path)
        _make_folder(folder)
        # Whole or not at all: a disk that is full on the way leaves the file of before.
        new = os.path.join(folder, _NEW)
        try:
            with open(new, "wb") as file:
                shutil.copyfileobj(content, file, _PIECE)
            os.replace(new, path)
        except OSError:
            _remove(new)
            raise
    os.chmod(path, 0o755 if mode & 0o111 else 0o644)


def _is_same(path: str, content: IO[bytes], size: int) -> bool:
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size != size:
                return False
            while True:
                piece = content.read(_PIECE)
                if piece != file.read(_PIECE):
                    return False
                if not piece:
                    return True
    except OSError:
        return False


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
