//! What the steps of our Dockerfiles are for, by the names that engines give them: people never wrote those lines.

use playground_types::StepPurpose;

/// The purpose of a build's step, as BuildKit and the classic builder name it; none for a step that no recipe has.
pub fn purpose_of(step: &str) -> Option<StepPurpose> {
    let has = |signs: &[&str]| signs.iter().any(|sign| step.contains(sign));
    // The first that fits: the text of a step has the words of later ones in it.
    Some(match () {
        () if has(&["exporting to", "writing image", "naming to"]) => StepPurpose::Save,
        () if has(&[
            "install.sh",
            "--from=install",
            "synapse-build",
            "synapse-removed",
        ]) =>
        {
            StepPurpose::Install
        }
        () if has(&["load remote build context", "copy /context", "load build"]) => {
            StepPurpose::Context
        }
        () if has(&["load metadata", "FROM "]) => StepPurpose::Base,
        () if has(&["command -v python"]) => StepPurpose::Prepare,
        () if has(&[".synapse/image"]) => StepPurpose::Launcher,
        () if has(&[" app/ /app"]) => StepPurpose::Code,
        () if has(&["compileall"]) => StepPurpose::Compile,
        () if has(&["WORKDIR", "USER", "ENV", "EXPOSE", "CMD", "LABEL", "ARG"]) => {
            StepPurpose::Finish
        }
        () => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builders_own_steps_have_a_purpose() {
        for (step, purpose) in [
            ("[internal] load remote build context", StepPurpose::Context),
            ("copy /context /", StepPurpose::Context),
            (
                "[internal] load metadata for docker.io/library/base:latest",
                StepPurpose::Base,
            ),
            (
                "[1/6] FROM docker.io/library/base:latest",
                StepPurpose::Base,
            ),
            ("exporting to image", StepPurpose::Save),
            (
                "[5/7] COPY --chown=65532:65532 app/ /app/",
                StepPurpose::Code,
            ),
        ] {
            assert_eq!(purpose_of(step), Some(purpose), "{step}");
        }
        assert_eq!(purpose_of("something else"), None);
    }
}
