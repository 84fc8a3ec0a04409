"""The seed's client, written again from its contract: its wheels are gone from the index, its users are not.

A slash at the end of every path, the raw token, one synchronous answer to a create, and the old way with errors: a 400
keeps its JSON, of everything else only the reason phrase is left.
"""

import json
from contextlib import ExitStack
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry


class V1Error(Exception):
    def __init__(self, status, reason):
        super().__init__(status, reason)
        self.status, self.reason = status, reason


class V1Client:
    def __init__(self, base_url, agent_token):
        self.base_url = base_url.rstrip("/")
        self.agent_token = agent_token
        self.session = requests.Session()
        # Also POST: v1 sends a create again when its answer takes too long or is a 502, 503 or 504.
        retries = Retry(total=3, backoff_factor=1, status_forcelist=[502, 503, 504], allowed_methods=None)
        self.session.mount("http://", HTTPAdapter(max_retries=retries))

    def health_check(self):
        return self._request("GET", "health/")

    def create_container(self, plugin_release=None, *, plugin_file=None, **fields):
        body = {name: value for name, value in fields.items() if value is not None}
        if plugin_release:
            plugin, version = plugin_release.rsplit("@", 1)
            body = {"plugin_release": plugin_release, "plugin": plugin, "version": version, **body}
        if plugin_file is None:
            return self._request("POST", "containers/", json=body)
        form = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in body.items()}
        with ExitStack() as files:
            file = files.enter_context(Path(plugin_file).open("rb"))
            return self._request("POST", "containers/", data=form, files={"file": file})

    def list_containers(self, params=None):
        return self._request("GET", "containers/", params=params)

    def list_all_containers(self, params=None):
        """v1 asks once without a page size for the count, then for every page."""
        count = self._request("GET", "containers/", params=params)["count"]
        items, address, query = [], "containers/", {"page_size": 100, **(params or {})}
        while address:
            page = self._request("GET", address, params=query)
            items, address, query = items + page["results"], page["next"], None
        return items, count

    def get_container(self, pk):
        return self._request("GET", f"containers/{pk}/")

    def delete_container(self, pk):
        return self._request("DELETE", f"containers/{pk}/")

    def _request(self, method, path, **options):
        url = path if path.startswith("http") else f"{self.base_url}/{path}"
        headers = {"Authorization": self.agent_token}
        response = self.session.request(method, url, headers=headers, timeout=(3, 10), **options)
        if response.status_code == 400:
            raise V1Error(400, response.json())
        if not response.ok:
            raise V1Error(response.status_code, response.reason)
        try:
            return response.json()
        except ValueError:
            return response.text
