//! `code@version`: the identity of a plugin release.
//!
//! Codes and versions end up in file names, image names and logs, so both have a narrow grammar (the platform's own
//! codes are a subset of it). What falls outside is refused here, in one sentence, and nowhere else.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest accepted plugin code, in bytes.
pub const MAX_CODE_LEN: usize = 100;
/// Longest accepted version, in bytes.
pub const MAX_VERSION_LEN: usize = 64;

/// Why a text is no plugin release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// The code breaks the grammar `[A-Za-z0-9][A-Za-z0-9._-]{0,99}`.
    #[error(
        "plugin code {0:?} is not valid: use letters, digits, '.', '_' and '-', starting with a letter or digit, at most 100 characters"
    )]
    Code(String),
    /// The version breaks the grammar `[A-Za-z0-9][A-Za-z0-9.+!_-]{0,63}`.
    #[error(
        "plugin version {0:?} is not valid: use letters, digits, '.', '+', '!', '_' and '-', starting with a letter or digit, at most 64 characters"
    )]
    Version(String),
    /// There is no `@` between code and version.
    #[error("{0:?} names no version: write it as code@version, for example my-plugin@1.0.0")]
    NoVersion(String),
}

/// The code of a plugin, such as `my-plugin`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PluginCode(String);

/// The version of a plugin, such as `1.0.0` or `2.0.7+cu121`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PluginVersion(String);

/// One released plugin: `code@version`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PluginRelease {
    code: PluginCode,
    version: PluginVersion,
}

impl PluginCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PluginVersion {
    /// The version as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PluginRelease {
    /// Joins a code and a version.
    pub fn new(code: PluginCode, version: PluginVersion) -> Self {
        Self { code, version }
    }

    /// The plugin's code.
    pub fn code(&self) -> &PluginCode {
        &self.code
    }

    /// The plugin's version.
    pub fn version(&self) -> &PluginVersion {
        &self.version
    }
}

impl FromStr for PluginCode {
    type Err = ReleaseError;

    fn from_str(text: &str) -> Result<Self, ReleaseError> {
        if fits(text, MAX_CODE_LEN, "._-") {
            Ok(Self(text.to_owned()))
        } else {
            Err(ReleaseError::Code(text.to_owned()))
        }
    }
}

impl FromStr for PluginVersion {
    type Err = ReleaseError;

    fn from_str(text: &str) -> Result<Self, ReleaseError> {
        if fits(text, MAX_VERSION_LEN, ".+!_-") {
            Ok(Self(text.to_owned()))
        } else {
            Err(ReleaseError::Version(text.to_owned()))
        }
    }
}

impl FromStr for PluginRelease {
    type Err = ReleaseError;

    /// Splits at the last `@`, as the platform's own client does.
    fn from_str(text: &str) -> Result<Self, ReleaseError> {
        let (code, version) = text
            .rsplit_once('@')
            .ok_or_else(|| ReleaseError::NoVersion(text.to_owned()))?;
        Ok(Self {
            code: code.parse()?,
            version: version.parse()?,
        })
    }
}

fn fits(text: &str, longest: usize, punctuation: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || punctuation.contains(c);
    text.len() <= longest
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(inner)
}

impl fmt::Display for PluginCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for PluginVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for PluginRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.code, self.version)
    }
}

macro_rules! text_conversions {
    ($($name:ty),*) => {$(
        impl TryFrom<String> for $name {
            type Error = ReleaseError;
            fn try_from(text: String) -> Result<Self, ReleaseError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    )*};
}
text_conversions!(PluginCode, PluginVersion, PluginRelease);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_splits_at_the_last_at_sign() {
        let release: PluginRelease = "my-plugin@2.0.7+cu121".parse().unwrap();
        assert_eq!(release.code().as_str(), "my-plugin");
        assert_eq!(release.version().as_str(), "2.0.7+cu121");
        assert_eq!(release.to_string(), "my-plugin@2.0.7+cu121");
    }

    #[test]
    fn a_bare_code_is_told_that_it_names_no_version() {
        assert_eq!(
            "my-plugin".parse::<PluginRelease>(),
            Err(ReleaseError::NoVersion("my-plugin".into()))
        );
    }

    /// docs/security.md, item 17: text that could reach a Dockerfile never gets past the parser.
    #[test]
    fn item_17_versions_that_carry_instructions_are_refused() {
        for version in [
            "1.0\"\nRUN touch /pwned",
            "$(id)",
            "`id`",
            "1.0#",
            "1.0\n",
            "",
            "../1",
            "1 0",
        ] {
            assert!(version.parse::<PluginVersion>().is_err(), "{version:?}");
        }
        for code in [
            "",
            "-a",
            ".a",
            "a/b",
            "a@b",
            "한글",
            "a b",
            &"a".repeat(101),
        ] {
            assert!(code.parse::<PluginCode>().is_err(), "{code:?}");
        }
    }
}
