//! Findings in both languages.

use playground_plugin::{Finding, Place, Severity};
use playground_types::failure::Translation;
use playground_types::{Cause, Failure};

/// What a build or a start would fail with: the same word and the same sentences.
pub(crate) fn failure(severity: Severity, place: Place, cause: &Cause) -> Finding {
    let failure = Failure::of(cause);
    Finding {
        severity,
        code: failure.kind.as_str(),
        place: Some(place),
        message: failure.message,
        hint: failure.hint,
        ko: failure.ko,
    }
}

/// A warning that no failure has a word for. Each pair is the sentence and the hint.
pub(crate) fn warning(
    code: &'static str,
    place: Place,
    english: (String, String),
    korean: (String, String),
) -> Finding {
    Finding {
        severity: Severity::Warning,
        code,
        place: Some(place),
        message: english.0,
        hint: Some(english.1),
        ko: Translation {
            message: korean.0,
            hint: Some(korean.1),
        },
    }
}

/// The same finding with a hint that fits better.
pub(crate) fn hinted(mut finding: Finding, english: String, korean: String) -> Finding {
    finding.hint = Some(english);
    finding.ko.hint = Some(korean);
    finding
}
