//! The recipe of the base image: the files in `images/base`, in this binary.

use playground_types::digest::Digester;

pub(super) const DOCKERFILE: &str = include_str!("../../../../images/base/Dockerfile");
pub(super) const INSTALL: &str = include_str!("../../../../images/base/install-gradio.sh");
pub(super) const PACKAGES: &str = include_str!("../../../../images/base/packages.py");
pub(super) const BOOTSTRAP: &str = include_str!("../../../../images/base/bootstrap.sh");

/// The digest of everything that decides what is in the image: the files, and the image that was asked for.
///
/// Where the root came from by itself is no part of it: a registry that is reached on another day is no reason to build.
pub(super) fn digest(from: Option<&str>) -> String {
    [DOCKERFILE, INSTALL, PACKAGES, BOOTSTRAP]
        .into_iter()
        .fold(Digester::default(), |digester, file| digester.part(file))
        .part(from.unwrap_or_default())
        .finish()
        .to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn another_image_to_begin_from_is_another_recipe() {
        let digest = super::digest;
        assert_eq!(digest(None), digest(None));
        assert_ne!(digest(None), digest(Some("python:3.13")));
    }
}
