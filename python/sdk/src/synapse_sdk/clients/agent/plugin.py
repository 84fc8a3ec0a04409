"""The releases that the Agent keeps.

The platform's document has no section on these calls; its SDK has all but `upload_plugin_release`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterator, Literal, Optional, Tuple, Union, overload

from synapse_sdk.clients.agent._core.containers import act, remove, show
from synapse_sdk.clients.agent._core.pages import one_page, page
from synapse_sdk.clients.agent._core.releases import release_path, uploaded
from synapse_sdk.clients.agent._core.sync_io import SyncCaller

__all__ = ["PluginClientMixin"]


class PluginClientMixin(SyncCaller):
    """Releases. One is looked up by its integer key (`id`) or by `code@version`."""

    @overload
    def list_plugin_releases(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: Literal[False] = False
    ) -> Dict[str, Any]: ...

    @overload
    def list_plugin_releases(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: Literal[True]
    ) -> Tuple[Iterator[Dict[str, Any]], int]: ...

    @overload
    def list_plugin_releases(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: bool
    ) -> Union[Dict[str, Any], Tuple[Iterator[Dict[str, Any]], int]]: ...

    def list_plugin_releases(
        self, params: Optional[Dict[str, Any]] = None, *, list_all: bool = False
    ) -> Union[Dict[str, Any], Tuple[Iterator[Dict[str, Any]], int]]:
        """The releases, newest first.

        Args:
            params: `page` and `page_size`.
            list_all: Every page, each fetched when it is needed.

        Returns:
            A page: `results`, `count`, `next`, `previous`. With `list_all` an iterator over all releases, and their count.
            Each is what `get_plugin_release` returns.

        Raises:
            TypeError: `params` is no mapping.
            ValidationError: `page` or `page_size` cannot be meant. NotFoundError: there is no such page.
        """
        if list_all:
            return self._all("plugin_releases/", params)
        return self._run(page(one_page("plugin_releases/", params)))

    def get_plugin_release(self, lookup: Union[int, str]) -> Dict[str, Any]:
        """One release.

        Args:
            lookup: Its integer key (`id`) or `code@version`.

        Returns:
            `id`, `plugin_release` (`code@version`), `plugin`, `version`, and more.

        Raises:
            NotFoundError: The Agent has none such.
        """
        return self._run(show(release_path(lookup)))

    def create_plugin_release(self, plugin: str, version: str) -> Dict[str, Any]:
        """A release that the Agent has, or fetches from the platform where it knows one.

        Args:
            plugin: The plugin's code.
            version: The version, as config.yaml has it.

        Returns:
            The release, as `get_plugin_release` returns it.

        Raises:
            NotFoundError: Nobody has it.
            ValidationError: Either cannot be one.
        """
        return self._run(act("plugin_releases/", {"plugin": plugin, "version": version}))

    def upload_plugin_release(self, plugin_file: Union[str, Path]) -> Dict[str, Any]:
        """Stores an archive without running it.

        Args:
            plugin_file: An archive (zip) of the plugin.

        Returns:
            The release, as `get_plugin_release` returns it.

        Raises:
            FileNotFoundError: There is no such file. IsADirectoryError: it is a folder.
            ValidationError: It is no plugin; `hint` says what is missing.
            HTTPError: It is larger than the Agent takes (413). ServerError: there is no room for it (507).
            ClientResponseIncompleteError: The answer was lost; the same again does no harm.
        """
        return self._run(uploaded(plugin_file))

    def delete_plugin_release(self, lookup: Union[int, str]) -> None:
        """Deletes a release. It is sent once: the same again would say that there is none.

        Args:
            lookup: Its integer key (`id`) or `code@version`.

        Raises:
            HTTPError: A container uses it (409, `plugin_release_in_use`).
            NotFoundError: The Agent has none such.
            ClientResponseIncompleteError: The answer was lost. `get_plugin_release` says whether it is gone.
        """
        self._run(remove(release_path(lookup), once=True))
