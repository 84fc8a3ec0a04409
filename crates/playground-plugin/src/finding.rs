//! One thing that is wrong with a plugin, as people and programs read it: where, what, and what to do.

use playground_types::failure::Translation;
use serde::Serialize;

use crate::{Place, PluginError};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The plugin is refused, or cannot come up.
    Error,
    /// It may come up, and not as its author means it.
    Warning,
}

/// A mistake of an author, with its place and its fix, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The stable word for it; that of the API where intake refuses the same.
    pub code: &'static str,
    /// Where it is; `None` where it is the archive itself.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// What is wrong, in one English sentence without the place.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The same in Korean.
    pub ko: Translation,
}

impl From<&PluginError> for Finding {
    fn from(error: &PluginError) -> Self {
        Self {
            severity: Severity::Error,
            code: error.code(),
            place: error.place(),
            message: error.message(),
            hint: error.hint().map(str::to_owned),
            ko: error.korean(),
        }
    }
}
