//! Whether an image has everything already, so that nothing is to be installed.

use std::collections::BTreeMap;
use std::str::FromStr;

use pep508_rs::pep440_rs::Version;

use super::Requirements;
use super::line::{Line, Package};

impl Requirements {
    /// Whether `packages` (normalised name -> version) satisfy every line for this full Python version.
    ///
    /// In doubt the answer is no: an installer that finds nothing to do costs a second, a missing package costs the app.
    pub fn satisfied_by(&self, packages: &BTreeMap<String, String>, python: Option<&str>) -> bool {
        self.lines.iter().all(|line| match &line.line {
            Line::Package(package) => is_there(package, packages, python),
            Line::Local(_) | Line::Option(..) | Line::Other => false,
        })
    }
}

fn is_there(package: &Package, packages: &BTreeMap<String, String>, python: Option<&str>) -> bool {
    match package.marker.holds(python) {
        Some(true) => {}
        Some(false) => return true,
        None => return false,
    }
    // What an extra brings is not among what we know of the image; a hash pins a file, not a version.
    if package.has_extras || package.has_hashes {
        return false;
    }
    packages
        .get(package.name.as_ref())
        .and_then(|version| Version::from_str(version).ok())
        .is_some_and(|version| package.versions.contains(&version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_surely_there_is_satisfied() {
        let packages = [
            ("gradio", "6.31.0"),
            ("torch", "2.4.0+cu121"),
            ("ruamel-yaml", "0.18.6"),
        ];
        let packages = packages
            .map(|(name, version)| (name.to_owned(), version.to_owned()))
            .into();
        for (text, want) in [
            ("", true),
            ("# nothing\n", true),
            ("gradio", true),
            ("Gradio>=5,<7", true),
            ("gradio==5.*", false),
            ("ruamel.yaml", true),
            ("torch==2.4.0", true),
            ("numpy", false),
            ("numpy; sys_platform == 'win32'", true),
            ("gradio; python_version >= '3.10'", true),
            ("gradio[mcp]", false),
            ("gradio --hash=sha256:00", false),
            ("--no-index\ngradio", false),
            ("./wheels/gradio.whl", false),
            ("gradio\nwhat is this", false),
        ] {
            assert_eq!(
                Requirements::parse(text).satisfied_by(&packages, Some("3.12.7")),
                want,
                "{text}"
            );
        }
    }
}
