//! From a failed build to a failure that an author can act on: what the install step said of itself first, then what
//! Docker said.

use playground_engine::{BuildFailed, EngineError};
use playground_types::{Cause, Failure, FailureKind};

use crate::diagnose::{Event, last_event};

/// Why a build failed.
pub(super) fn classify(failed: &BuildFailed, log: &[String], base: &str) -> Failure {
    if let Some(event) = last_event(log, "install_error") {
        return from_install(event);
    }
    let said = failed.message.as_str();
    let has = |needle: &str| said.contains(needle) || log.iter().any(|line| line.contains(needle));
    let said_so = || said.to_owned();
    Failure::of(
        &if matches!(failed.engine, Some(EngineError::DiskFull { .. }))
            || has("no space left on device")
        {
            Cause::BuildDiskFull
        } else if has("exit code: 137") || has("returned a non-zero code: 137") {
            Cause::BuildKilled
        } else if said.contains(base) && (has("not found") || has("pull access denied")) {
            Cause::BaseImageMissing {
                image: base.to_owned(),
            }
        } else if failed.engine.is_some() {
            Cause::BuildNotRun { why: said_so() }
        } else {
            Cause::BuildFailed { said: said_so() }
        },
    )
}

/// The installer's own word and facts (images/plugin/README.md).
fn from_install(event: Event) -> Failure {
    let kind = event.kind.clone().unwrap_or_default();
    if let Some(cause) = install_cause(&kind, event.requirement, event.package) {
        return Failure::of(&cause);
    }
    // The word of another installer, or one without the fact that its sentence needs.
    let kind = serde_json::from_value(kind.into()).unwrap_or(FailureKind::BuildFailed);
    match event.message {
        Some(message) => Failure::new(kind, message),
        None => Failure::of(&Cause::InstallFailed),
    }
}

fn install_cause(
    kind: &str,
    requirement: Option<String>,
    package: Option<String>,
) -> Option<Cause> {
    let named = package.or_else(|| requirement.clone());
    Some(match kind {
        "bad_requirement" => Cause::BadRequirement { line: requirement? },
        "no_such_package" => Cause::NoSuchPackage { package: named? },
        "no_such_version" => Cause::NoSuchVersion {
            requirement: requirement.or(named)?,
        },
        "version_conflict" => Cause::VersionConflict {
            requirements: requirement,
        },
        "needs_source_build" => Cause::NeedsSourceBuild { package: named? },
        "source_build_failed" => Cause::SourceBuildFailed { package: named },
        "broken_package" => Cause::BrokenPackage { package: named? },
        "python_version" => match named {
            Some(package) => Cause::PythonVersion { package },
            None => Cause::NoPython,
        },
        "network" => Cause::IndexUnreachable,
        "tls" => Cause::IndexUntrusted,
        "disk_full" => Cause::BuildDiskFull,
        "unknown" => Cause::InstallFailed,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_install_step_knows_best() {
        let log = [
            "some output".to_owned(),
            r#"SYNAPSE {"event":"install_error","kind":"no_such_package","message":"m","requirement":"nunpy>=1","package":"nunpy"}"#.to_owned(),
        ];
        let failure = classify(&BuildFailed::because("exit code: 1"), &log, "sha256:x");
        assert_eq!(
            (failure.kind, failure.message.as_str()),
            (
                FailureKind::NoSuchPackage,
                "the package index has no package named nunpy"
            )
        );
    }

    #[test]
    fn a_word_from_a_newer_image_is_still_a_failed_build() {
        let log =
            [r#"SYNAPSE {"event":"install_error","kind":"sunspots","message":"m"}"#.to_owned()];
        let failure = classify(&BuildFailed::because("x"), &log, "b");
        assert_eq!(
            (failure.kind, failure.message.as_str()),
            (FailureKind::BuildFailed, "m")
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
