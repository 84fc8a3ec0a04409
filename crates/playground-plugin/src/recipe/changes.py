"""Finds what an installation changed, so that the classic builder copies that and nothing else into the image.

    python changes.py before    remembers every file of the environment
    python changes.py after     copies new and changed files to /changes, lists removed ones in /changes/opt/synapse-removed

Standard library only, Python 3.8 or newer.
"""

import json
import os
import shutil
import sys
import sysconfig

STATE = "/tmp/synapse-before.json"
CHANGES = "/changes"
REMOVED = "/opt/synapse-removed"


# A folder's own times change with its content; only that it is there counts.
FOLDER = "folder"


def roots():
    """Where an installer writes; none of them inside another."""
    paths = {os.path.realpath(sysconfig.get_path(name)) for name in ("data", "purelib", "platlib", "scripts")}
    return [path for path in sorted(paths) if not any(path.startswith(other + "/") for other in paths)]


def snapshot():
    """Every file and folder. A file has what tells that it was written: a change always moves the time of its inode."""
    files = {}
    for root in roots():
        for folder, folders, names in os.walk(root):
            files[folder] = FOLDER
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            for name in names + links:
                path = os.path.join(folder, name)
                stat = os.lstat(path)
                files[path] = [stat.st_ino, stat.st_size, stat.st_ctime_ns]
    return files


def copy(path):
    target = CHANGES + path
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy2(path, target, follow_symlinks=False)


def main(what):
    if what == "before":
        with open(STATE, "w") as state:
            json.dump(snapshot(), state)
        return
    with open(STATE) as state:
        before = json.load(state)
    after = snapshot()
    for path in sorted(path for path, stat in after.items() if stat != FOLDER and before.get(path) != stat):
        copy(path)
    removed = CHANGES + REMOVED
    os.makedirs(os.path.dirname(removed), exist_ok=True)
    with open(removed, "wb") as out:
        out.write(b"".join(os.fsencode(path) + b"\0" for path in sorted(set(before) - set(after))))


if __name__ == "__main__":
    main(sys.argv[1])
