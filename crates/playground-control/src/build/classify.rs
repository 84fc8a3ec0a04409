//! From a failed build to a failure that an author can act on: what the install step said of itself first, then what
//! Docker said.

use playground_engine::{BuildFailed, EngineError};
use playground_types::{Failure, FailureKind};

use crate::diagnose::{Event, last_event};

/// Why a build failed.
pub(super) fn classify(failed: &BuildFailed, log: &[String], base: &str) -> Failure {
    if let Some(event) = last_event(log, "install_error") {
        return from_install(event);
    }
    let said = failed.message.as_str();
    let has = |needle: &str| said.contains(needle) || log.iter().any(|line| line.contains(needle));
    let kind = if matches!(failed.engine, Some(EngineError::DiskFull { .. }))
        || has("no space left on device")
    {
        FailureKind::DiskFull
    } else if has("exit code: 137") || has("returned a non-zero code: 137") {
        FailureKind::BuildOom
    } else if said.contains(base) && (has("not found") || has("pull access denied")) {
        FailureKind::BaseImageMissing
    } else if failed.engine.is_some() {
        FailureKind::EngineError
    } else {
        FailureKind::BuildFailed
    };
    Failure::new(kind, format!("the image could not be built: {said}"))
}

fn from_install(event: Event) -> Failure {
    let kind = event
        .kind
        .and_then(|kind| serde_json::from_value(kind.into()).ok())
        .unwrap_or(FailureKind::BuildFailed);
    let message = event
        .message
        .unwrap_or_else(|| "the requirements could not be installed".to_owned());
    let failure = Failure::new(kind, message);
    match event.hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_install_step_knows_best() {
        let log = [
            "some output".to_owned(),
            r#"SYNAPSE {"event":"install_error","kind":"no_such_package","message":"no package is named nunpy"}"#.to_owned(),
        ];
        let failure = classify(&BuildFailed::because("exit code: 1"), &log, "sha256:x");
        assert_eq!(
            (failure.kind, failure.message.as_str()),
            (FailureKind::NoSuchPackage, "no package is named nunpy")
        );
    }

    #[test]
    fn a_word_from_a_newer_image_is_still_a_failed_build() {
        let log =
            [r#"SYNAPSE {"event":"install_error","kind":"sunspots","message":"m"}"#.to_owned()];
        assert_eq!(
            classify(&BuildFailed::because("x"), &log, "b").kind,
            FailureKind::BuildFailed
        );
    }

    #[test]
    fn a_full_disk_and_a_killed_step_are_named() {
        let kind = |text: &str| classify(&BuildFailed::because(text), &[], "sha256:x").kind;
        assert_eq!(
            kind("write /x: no space left on device"),
            FailureKind::DiskFull
        );
        assert_eq!(
            kind("process \"/bin/sh -c x\" did not complete successfully: exit code: 137"),
            FailureKind::BuildOom
        );
        assert_eq!(kind("anything else"), FailureKind::BuildFailed);
    }
}
