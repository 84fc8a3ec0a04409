//! The Docker name of a release's image.
//!
//! The seed names images `synapse-plugin-{code}-{version}`. Docker's repository grammar is narrower than ours (lower
//! case, no `+`, separators only between alphanumerics), and the plain form is ambiguous: `a-1@2` and `a@1-2` would
//! share a name. So a name that had to be changed, or that another release could also produce, ends in `-h` and eight
//! hex digits of the release's digest; the release label of an image decides in any case.

use std::fmt;

use crate::{Digest, PluginRelease};

/// A repository name that Docker accepts, unique to one release.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageName(String);

impl ImageName {
    /// The name for a release: the seed's, plus a hash where that alone would not be unique or legal.
    pub fn for_release(release: &PluginRelease) -> Self {
        let plain = format!("synapse-plugin-{}-{}", release.code(), release.version());
        let legal = normalise(&plain);
        if legal == plain && is_unambiguous(release) {
            return Self(legal);
        }
        let digest = Digest::of(release.to_string().as_bytes());
        Self(format!("{legal}-h{}", &digest.hex()[..8]))
    }

    /// The name without a tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The reference that carries one exact build context: `name:d-<32 hex digits>`.
    pub fn with_context(&self, context: &Digest) -> String {
        format!("{}:d-{}", self.0, &context.hex()[..32])
    }

    /// The reference that points at the release's current image, which the seed writes without a tag.
    pub fn current(&self) -> String {
        format!("{}:latest", self.0)
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether no other (code, version) pair joins to the same text: true when only one `-` in it can be the border.
fn is_unambiguous(release: &PluginRelease) -> bool {
    let starts_like_a_version = |segment: &str| segment.starts_with(|c: char| c.is_ascii_digit());
    let code_could_end_earlier = release
        .code()
        .as_str()
        .split('-')
        .skip(1)
        .any(starts_like_a_version);
    let version_holds_a_border = release.version().as_str().contains('-');
    let version_is_usual = starts_like_a_version(release.version().as_str());
    version_is_usual && !code_could_end_earlier && !version_holds_a_border
}

/// Lower case; every run of characters outside `[a-z0-9]` that is not one of Docker's separators becomes one `-`.
fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut separator = String::new();
    for c in text.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            if !separator.is_empty() && !out.is_empty() {
                out.push_str(if is_docker_separator(&separator) {
                    &separator
                } else {
                    "-"
                });
            }
            separator.clear();
            out.push(c);
        } else {
            separator.push(c);
        }
    }
    out
}

/// Docker's grammar for what may stand between two alphanumeric runs: one dot, one or two underscores, or dashes.
fn is_docker_separator(text: &str) -> bool {
    matches!(text, "." | "_" | "__") || text.chars().all(|c| c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(text: &str) -> String {
        ImageName::for_release(&text.parse().unwrap()).to_string()
    }

    #[test]
    fn the_seeds_own_name_is_kept() {
        assert_eq!(name("my-plugin@1.0.0"), "synapse-plugin-my-plugin-1.0.0");
    }

    /// docs/security.md, item 15.
    #[test]
    fn item_15_names_that_docker_refuses_are_normalised_and_hashed() {
        let got = name("My_Plugin@1.0.0+cu121");
        assert!(
            got.starts_with("synapse-plugin-my_plugin-1.0.0-cu121-h"),
            "{got}"
        );
        assert_eq!(got, name("My_Plugin@1.0.0+cu121"));
    }

    /// docs/security.md, item 16.
    #[test]
    fn item_16_releases_that_join_alike_get_different_names() {
        assert_ne!(name("a-1@2"), name("a@1-2"));
        assert_ne!(name("x@1.0.0+cu121"), name("x@1.0.0-cu121"));
    }

    proptest! {
        #[test]
        fn every_name_fits_dockers_grammar_and_differs_from_its_neighbours(
            code in "[A-Za-z0-9][A-Za-z0-9._-]{0,8}", version in "[A-Za-z0-9][A-Za-z0-9.+!_-]{0,8}",
            other_code in "[A-Za-z0-9][A-Za-z0-9._-]{0,8}", other_version in "[A-Za-z0-9][A-Za-z0-9.+!_-]{0,8}",
        ) {
            let one = name(&format!("{code}@{version}"));
            let legal = one.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()).all(|s| s.is_empty() || is_docker_separator(s));
            prop_assert!(legal && one.ends_with(|c: char| c.is_ascii_alphanumeric()), "{}", one);
            if (&code, &version) != (&other_code, &other_version) {
                prop_assert_ne!(one, name(&format!("{other_code}@{other_version}")));
            }
        }
    }
}
