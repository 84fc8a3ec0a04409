"""The Docker Engine behind the Agent's back, over its socket: what is really there."""

import http.client
import io
import json
import os
import socket
import tarfile
from urllib.parse import quote, urlencode


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("docker", timeout=60)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _call(method, path, **query):
    status, body = _send(method, path, None, query)
    return status, json.loads(body) if body.strip() else None


def _send(method, path, content, query):
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if host.startswith("unix://"):
        connection = _SocketConnection(host.removeprefix("unix://"))
    else:
        connection = http.client.HTTPConnection(host.split("://", 1)[1], timeout=60)
    try:
        connection.request(method, f"{path}?{urlencode(query)}" if query else path, content)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _labelled(label):
    return json.dumps({"label": [label]})


def containers(label):
    """Every container with a label, running or not."""
    return _call("GET", "/containers/json", all="true", filters=_labelled(label))[1]


def images(label):
    """Every image with a label."""
    return _call("GET", "/images/json", filters=_labelled(label))[1]


def networks(label):
    """Every network with a label."""
    return _call("GET", "/networks", filters=_labelled(label))[1]


def inspect(container_id):
    """What Docker says about a container; None when there is none."""
    status, body = _call("GET", f"/containers/{container_id}/json")
    return body if status == 200 else None


def inspect_image(image):
    """What Docker says about an image."""
    return _call("GET", f"/images/{image}/json")[1]


def build(files, label):
    """Builds an image of files by their paths, one of them the Dockerfile, as `docker build` does, and returns its id."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for path, text in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    name, _, value = label.partition("=")
    query = {"labels": json.dumps({name: value}), "forcerm": "true"}
    status, body = _send("POST", "/build", context.getvalue(), query)
    said = [json.loads(line) for line in body.splitlines()]
    ids = [line["aux"]["ID"] for line in said if "aux" in line]
    assert status == 200 and ids, said
    return ids[-1]


def remove_container(container_id):
    _call("DELETE", f"/containers/{container_id}", force="true", v="true")


def remove_image(image):
    """Removes an image by its tags. Never by force: a container of somebody else may use the same content."""
    for name in image.get("RepoTags") or [image["Id"]]:
        _call("DELETE", f"/images/{quote(image['Id'] if name == '<none>:<none>' else name, safe='/:')}")


def remove_network(network):
    _call("DELETE", f"/networks/{network['Id']}")
