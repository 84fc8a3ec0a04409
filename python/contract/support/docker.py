"""The Docker Engine behind the Agent's back, over its socket: what is really there."""

import http.client
import json
import os
import socket
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
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if host.startswith("unix://"):
        connection = _SocketConnection(host.removeprefix("unix://"))
    else:
        connection = http.client.HTTPConnection(host.split("://", 1)[1], timeout=60)
    try:
        connection.request(method, f"{path}?{urlencode(query)}" if query else path)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    return response.status, json.loads(body) if body.strip() else None


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


def remove_container(container_id):
    _call("DELETE", f"/containers/{container_id}", force="true", v="true")


def remove_image(image):
    """Removes an image by its tags. Never by force: a container of somebody else may use the same content."""
    for name in image.get("RepoTags") or [image["Id"]]:
        _call("DELETE", f"/images/{quote(image['Id'] if name == '<none>:<none>' else name, safe='/:')}")


def remove_network(network):
    _call("DELETE", f"/networks/{network['Id']}")
