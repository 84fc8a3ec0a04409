//! What the operator decides about builds.

use serde::{Deserialize, Serialize};

/// Who executes the Dockerfile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Builder {
    /// `BuildKit`: mounts keep settings and package cache out of the layers.
    BuildKit,
    /// The engine's classic builder: no mounts, but limits on memory and CPU.
    Classic,
}

/// What an installation may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Install {
    /// Ready-made wheels only: no foreign code runs, so the package cache is shared by all plugins.
    Wheels,
    /// Source distributions too. Their code runs, so the step gets no shared cache it could poison.
    Source,
}

/// Where packages come from; all parts are optional, and the installer's defaults hold where all are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IndexSettings {
    /// The index that replaces `PyPI`.
    pub index_url: Option<String>,
    /// An index besides it.
    pub extra_index_url: Option<String>,
    /// A page or folder with packages.
    pub find_links: Option<String>,
    /// Whether no index is asked at all.
    pub no_index: bool,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipeOptions {
    /// Who executes the Dockerfile.
    pub builder: Builder,
    /// What the installation may do.
    pub install: Install,
    /// Certificates (PEM) to trust besides the image's own, for downloads of the build only.
    pub ca_bundle: Option<Vec<u8>>,
    /// Where packages come from.
    pub index: IndexSettings,
    /// Whether the code is put into the container later instead of the image.
    pub live: bool,
}

impl IndexSettings {
    /// The settings as lines `NAME=value`, for the install step to read (never to evaluate). Empty without settings.
    pub(crate) fn lines(&self) -> String {
        let texts = [
            ("SYNAPSE_INDEX_URL", self.index_url.as_deref()),
            ("SYNAPSE_EXTRA_INDEX_URL", self.extra_index_url.as_deref()),
            ("SYNAPSE_FIND_LINKS", self.find_links.as_deref()),
            ("SYNAPSE_NO_INDEX", self.no_index.then_some("1")),
        ];
        let line = |(name, value): (&str, Option<&str>)| {
            // One line each, whatever a settings file holds.
            let value = value?.replace(char::is_control, "");
            (!value.is_empty()).then(|| format!("{name}={value}\n"))
        };
        texts.into_iter().filter_map(line).collect()
    }
}
