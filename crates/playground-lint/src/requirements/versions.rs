//! Versions that no release can have: a package asked for twice, or once with bounds that cross.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use pep508_rs::pep440_rs::{Version, VersionSpecifier};
use playground_plugin::requirements::{Line, Marker, Requirements};
use playground_plugin::{Finding, Place, Severity};
use playground_types::Cause;

use crate::tell::failure;

/// One line that asks for a package.
pub(crate) struct Asked<'a> {
    pub(crate) place: Place,
    pub(crate) text: &'a str,
    pub(crate) versions: &'a [VersionSpecifier],
}

/// All lines that always count, by package. Lines with a marker may each be for another system.
pub(crate) fn asked<'a>(
    files: &[(&'a str, &'a Requirements)],
) -> BTreeMap<&'a str, Vec<Asked<'a>>> {
    let mut packages: BTreeMap<&str, Vec<Asked<'_>>> = BTreeMap::new();
    for (file, requirements) in files {
        for line in &requirements.lines {
            let Line::Package(package) = &line.line else {
                continue;
            };
            if package.marker != Marker::always() {
                continue;
            }
            let lines = packages.entry(package.name.as_ref()).or_default();
            lines.push(Asked {
                place: Place::file(*file).line(line.number),
                text: &line.text,
                versions: &package.versions,
            });
        }
    }
    packages
}

pub(crate) fn look(files: &[(&str, &Requirements)]) -> Vec<Finding> {
    let packages = asked(files);
    packages
        .values()
        .filter_map(|lines| conflict(lines))
        .collect()
}

/// Told at the line that makes it impossible.
fn conflict(lines: &[Asked<'_>]) -> Option<Finding> {
    let at = (1..=lines.len()).find(|count| !is_possible(&together(&lines[..*count])))?;
    let texts: Vec<_> = lines[..at].iter().map(|line| line.text).collect();
    let cause = Cause::VersionConflict {
        requirements: Some(texts.join(", ")),
    };
    Some(failure(
        Severity::Error,
        lines[at - 1].place.clone(),
        &cause,
    ))
}

fn together<'a>(lines: &[Asked<'a>]) -> Vec<&'a VersionSpecifier> {
    lines.iter().flat_map(|line| line.versions).collect()
}

fn is_possible(specifiers: &[&VersionSpecifier]) -> bool {
    candidates(specifiers).any(|version| fits(specifiers, &version))
}

/// Whether a version is what all of these ask for.
pub(crate) fn fits(specifiers: &[&VersionSpecifier], version: &Version) -> bool {
    specifiers
        .iter()
        .all(|specifier| specifier.contains(version))
}

/// Where any version fits at all, one of these does: the lowest there is, each version that is named, and one just above
/// each.
pub(crate) fn candidates(specifiers: &[&VersionSpecifier]) -> impl Iterator<Item = Version> {
    let named: Vec<_> = specifiers
        .iter()
        .map(|specifier| specifier.version().to_string())
        .collect();
    let above = named
        .clone()
        .into_iter()
        .filter_map(|text| just_above(&text));
    let lowest = ["0", "0.0.0.1"].map(str::to_owned);
    let texts = lowest.into_iter().chain(named).chain(above);
    texts.filter_map(|text| Version::from_str(&text).ok())
}

/// `1.2` -> `1.2.0.0.1`: nobody names as many parts.
fn just_above(version: &str) -> Option<String> {
    let version = Version::from_str(version).ok()?;
    let release = version.release().iter().map(u64::to_string);
    let parts: Vec<_> = release.collect();
    let epoch = version.epoch();
    Some(format!("{epoch}!{}.0.0.1", parts.join(".")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_conflict(text: &str) -> bool {
        !look(&[("requirements.txt", &Requirements::parse(text))]).is_empty()
    }

    #[test]
    fn versions_that_exclude_each_other_are_found() {
        for text in [
            "numpy==1.26\nnumpy==2.0",
            "numpy==1.26\nnumpy>=2",
            "gradio>=6,<5",
            "gradio>5,<5",
            "gradio>=5\ngradio<5",
            "a==1.*\na==2.*",
            "a~=1.4\na>=2",
            "a==1,!=1",
        ] {
            assert!(is_conflict(text), "{text}");
        }
    }

    #[test]
    fn versions_that_may_exist_are_left_alone() {
        for text in [
            "numpy",
            "numpy\nnumpy==1.26",
            "numpy>=1.26\nnumpy<2",
            "numpy>1.26,<1.27",
            "a<1",
            "a<=1,!=1",
            "a!=0",
            "a>=1\na!=1",
            "a~=1.4\na>=1.5",
            "a==1.*\na!=1.0",
            "a>1\na!=1.0.1",
            "a==1; python_version < '3.10'\na==2; python_version >= '3.10'",
            "a==2.4.0+cu121",
            "a>=2.0.0rc1",
            "a==2.0.0rc1",
            "a>=1!2",
            "a<1!2",
        ] {
            assert!(!is_conflict(text), "{text}");
        }
    }
}
