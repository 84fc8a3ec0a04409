//! Keys that a manifest has twice: the last one counts, and nobody sees that the first one does not.

use playground_plugin::manifest::Manifest;
use playground_plugin::{Examined, Finding, PluginError};

use crate::tell::warning;

/// A manifest that intake reads is no larger.
const LARGEST: u64 = 1024 * 1024;

pub(crate) fn look(plugin: &Examined) -> Result<Option<Finding>, PluginError> {
    let Some(manifest) = plugin.manifest() else {
        return Ok(None);
    };
    let Some(bytes) = plugin.read(&manifest.file, LARGEST)? else {
        return Ok(None);
    };
    let twice = Manifest::key_twice(&manifest.file, &bytes);
    Ok(twice.map(|(key, place)| {
        warning(
            "manifest_key_twice",
            place,
            (
                format!("the key `{key}` is here a second time; the last one counts"),
                "Keep one of them.".to_owned(),
            ),
            (
                format!("같은 키가 두 번 있습니다: {key}. 마지막 것만 쓰입니다."),
                "하나만 남기세요.".to_owned(),
            ),
        )
    }))
}
