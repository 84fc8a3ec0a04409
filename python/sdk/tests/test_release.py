"""A release by its config."""

import pytest
from synapse_sdk.plugins.models import PluginRelease

CONFIG = {"code": "my-plugin", "version": "1.0.0", "actions": {"gradio": {"entrypoint": "plugin.gradio_interface.app"}}}


def test_a_release_is_named_by_its_code_and_its_version():
    release = PluginRelease(config=CONFIG)
    assert (release.code, release.plugin, release.version, str(release)) == (
        "my-plugin@1.0.0",
        "my-plugin",
        "1.0.0",
        "my-plugin@1.0.0",
    )
    assert release.actions == CONFIG["actions"]
    assert release.config == CONFIG
    assert release == PluginRelease(CONFIG) != PluginRelease({**CONFIG, "version": "2.0.0"})
    assert len({release, PluginRelease(CONFIG)}) == 1


@pytest.mark.parametrize("missing", ["code", "version"])
def test_a_config_that_names_no_release_is_refused(missing):
    for config in ({key: value for key, value in CONFIG.items() if key != missing}, {**CONFIG, missing: ""}):
        with pytest.raises(ValueError, match=missing):
            PluginRelease(config=config)


def test_what_is_no_mapping_is_refused():
    with pytest.raises(TypeError, match="config.yaml"):
        PluginRelease(config="my-plugin@1.0.0")
