//! What an author should know although nothing is refused for it.

use std::fmt;

use playground_types::failure::Translation;

use crate::entrypoint::DEFAULT_FILE;
use crate::{Finding, Place, Severity};

/// Something of a plugin that intake takes, and that is rarely meant so. `Display` is one English sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// Two manifests with different contents.
    TwoManifests {
        /// The one that counts.
        used: String,
        /// The one that does not.
        other: String,
    },
    /// The manifest has no version.
    VersionMissing {
        /// The manifest.
        place: Place,
        /// The version that is taken instead.
        taken: &'static str,
    },
    /// The entrypoint's module is not there, and the usual file is.
    EntrypointMissing {
        /// Where the entrypoint is written.
        place: Place,
        /// The entrypoint as written.
        text: String,
        /// The file that would have been it.
        looked_for: String,
    },
    /// Nothing of the entrypoint is in the plugin.
    EntrypointForeign {
        /// Where the entrypoint is written.
        place: Place,
        /// The entrypoint as written.
        text: String,
    },
    /// Two paths that differ only in case.
    CaseTwins {
        /// The first one.
        one: String,
        /// The second one.
        two: String,
    },
}

impl Warning {
    pub(crate) fn case_twins((one, two): (&str, &str)) -> Self {
        Self::CaseTwins {
            one: one.to_owned(),
            two: two.to_owned(),
        }
    }

    /// The stable word for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TwoManifests { .. } => "two_manifests",
            Self::VersionMissing { .. } => "version_missing",
            Self::EntrypointMissing { .. } => "entrypoint_not_found",
            Self::EntrypointForeign { .. } => "entrypoint_foreign",
            Self::CaseTwins { .. } => "case_twins",
        }
    }

    /// Whether it is worth a line to whoever only uploads. The rest is said to who asks for a check.
    pub(crate) fn is_told_at_intake(&self) -> bool {
        !matches!(
            self,
            Self::VersionMissing { .. } | Self::EntrypointForeign { .. }
        )
    }

    /// The same as a finding.
    pub(crate) fn finding(&self) -> Finding {
        let (hint, ko) = self.advice();
        Finding {
            severity: Severity::Warning,
            code: self.code(),
            place: Some(self.place()),
            message: self.to_string(),
            hint: Some(hint.to_owned()),
            ko,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::VersionMissing { place, .. }
            | Self::EntrypointMissing { place, .. }
            | Self::EntrypointForeign { place, .. } => place.clone(),
            Self::TwoManifests { other, .. } => Place::file(other),
            Self::CaseTwins { two, .. } => Place::file(two),
        }
    }

    /// The hint, and the Korean of all.
    fn advice(&self) -> (&'static str, Translation) {
        let (hint, message, ko_hint) = match self {
            Self::TwoManifests { used, other } => (
                "Keep one of the two.",
                format!(
                    "매니페스트가 둘이고 내용이 다릅니다. 쓰이는 것: {used}, 쓰이지 않는 것: {other}"
                ),
                "둘 중 하나만 남기세요.",
            ),
            Self::VersionMissing { taken, .. } => (
                "Add `version: 1.0.0`, and raise it with each release.",
                format!("version이 없습니다. 대신 쓰는 값: {taken}"),
                "`version: 1.0.0`을 추가하고, 릴리스마다 올리세요.",
            ),
            Self::EntrypointMissing {
                text, looked_for, ..
            } => (
                "Check the spelling, and that the file is in the archive.",
                format!(
                    "entrypoint {text:?}의 파일이 없습니다: {looked_for:?}. 대신 시작해 보는 파일: {DEFAULT_FILE}"
                ),
                "철자가 맞는지, 파일이 아카이브에 들어 있는지 확인하세요.",
            ),
            Self::EntrypointForeign { text, .. } => (
                "Check the spelling, unless a package of requirements.txt brings the module.",
                format!("entrypoint가 가리키는 모듈이 플러그인에 없습니다: {text:?}"),
                "requirements.txt의 패키지가 가져오는 모듈이 아니라면 철자를 확인하세요.",
            ),
            Self::CaseTwins { one, two } => (
                "Rename one of the two.",
                format!(
                    "대소문자만 다른 파일이 있습니다: {one:?}, {two:?}. Windows와 macOS에서는 한 파일이 됩니다."
                ),
                "둘 중 하나의 이름을 바꾸세요.",
            ),
        };
        let ko = Translation {
            message,
            hint: Some(ko_hint.to_owned()),
        };
        (hint, ko)
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TwoManifests { used, other } => {
                write!(f, "{used} and {other} differ; {used} is used")
            }
            Self::VersionMissing { taken, .. } => {
                write!(f, "the key `version` is missing; {taken} is taken")
            }
            Self::EntrypointMissing {
                text, looked_for, ..
            } => write!(
                f,
                "the entrypoint {text:?} names {looked_for:?}, which is missing; {DEFAULT_FILE} is tried"
            ),
            Self::EntrypointForeign { text, .. } => {
                write!(f, "the entrypoint {text:?} names no module of the plugin")
            }
            Self::CaseTwins { one, two } => write!(
                f,
                "{one:?} and {two:?} differ only in case; on Windows and macOS they are one file"
            ),
        }
    }
}
