//! Versions of Gradio that the launcher was never seen to serve.

use std::str::FromStr as _;

use pep508_rs::pep440_rs::Version;
use playground_plugin::Finding;
use playground_plugin::requirements::Requirements;

use super::versions::{Asked, asked, candidates, fits};
use crate::tell::warning;

const NAME: &str = "gradio";
/// The versions that the launcher's own tests run: images/launcher/README.md.
const SERVED: [&str; 4] = ["3.50.2", "4.44.1", "5.50.0", "6.31.0"];

pub(crate) fn look(files: &[(&str, &Requirements)]) -> Option<Finding> {
    let packages = asked(files);
    let lines = packages.get(NAME)?;
    let specifiers: Vec<_> = lines.iter().flat_map(|line| line.versions).collect();
    let served = SERVED.map(|version| Version::from_str(version).expect("a version"));
    let [oldest, .., newest] = &served;
    let is_near =
        |version: &Version| version >= oldest && version.release()[0] <= newest.release()[0];
    let mut possible = candidates(&specifiers).chain(served.clone());
    if possible.any(|version| is_near(&version) && fits(&specifiers, &version)) {
        return None;
    }
    lines.last().map(untested)
}

fn untested(line: &Asked<'_>) -> Finding {
    let known = SERVED.join(", ");
    warning(
        "gradio_untested",
        line.place.clone(),
        (
            format!(
                "{} asks for a Gradio that Playground was not tested with",
                line.text
            ),
            format!("Ask for a version near one of these: {known}."),
        ),
        (
            format!(
                "Playground에서 테스트하지 않은 Gradio 버전입니다: {}",
                line.text
            ),
            format!("다음 중 하나에 가까운 버전을 쓰세요: {known}"),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_far_from_the_tested_ones_are_named() {
        for (text, want) in [
            ("gradio", true),
            ("gradio>=4", true),
            ("gradio<4", true),
            ("gradio==5.12.0", true),
            ("gradio>=6.40,<7", true),
            ("gradio==2.9.4", false),
            ("gradio<3", false),
            ("gradio==99.0", false),
            ("gradio>=7", false),
        ] {
            let requirements = Requirements::parse(text);
            let found = look(&[("requirements.txt", &requirements)]);
            assert_eq!(found.is_none(), want, "{text}");
        }
    }
}
