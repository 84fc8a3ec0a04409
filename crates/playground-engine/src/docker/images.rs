//! The calls about images, except for builds.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use bollard::query_parameters::{
    CreateImageOptions, CreateImageOptionsBuilder, ListContainersOptionsBuilder,
    ListImagesOptionsBuilder, RemoveImageOptionsBuilder, TagImageOptionsBuilder,
};
use futures_util::TryStreamExt;

use super::{DockerEngine, PATIENT, QUICK, convert, within};
use crate::build::TarStream;
use crate::{EngineError, ImageView, Result};

/// A root file system of a gigabyte needs its time.
const IMPORT: Duration = Duration::from_secs(15 * 60);

impl DockerEngine {
    pub(crate) async fn image(&self, reference: &str) -> Result<Option<ImageView>> {
        let call = self.client().await?.inspect_image(reference);
        match within("inspect image", QUICK, call).await {
            Ok(found) => convert::image(found).map(Some),
            Err(EngineError::NoSuchImage(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn list_images(&self, labels: &[String]) -> Result<Vec<ImageView>> {
        let filters = HashMap::from([("label".to_owned(), labels.to_vec())]);
        let options = ListImagesOptionsBuilder::new().filters(&filters).build();
        let call = self.client().await?.list_images(Some(options));
        let listed = within("list images", QUICK, call).await?;
        Ok(listed.into_iter().map(convert::listed_image).collect())
    }

    pub(crate) async fn images_in_use(&self) -> Result<BTreeSet<String>> {
        let options = ListContainersOptionsBuilder::new().all(true).build();
        let call = self.client().await?.list_containers(Some(options));
        let containers = within("list containers", QUICK, call).await?;
        Ok(containers
            .into_iter()
            .filter_map(|container| container.image_id)
            .collect())
    }

    pub(crate) async fn tag_image(&self, source: &str, target: &str) -> Result<()> {
        let (repo, tag) = split(target);
        let options = TagImageOptionsBuilder::new().repo(repo).tag(tag).build();
        let call = self.client().await?.tag_image(source, Some(options));
        within("tag image", QUICK, call).await
    }

    pub(crate) async fn remove_image(&self, reference: &str) -> Result<()> {
        let options = RemoveImageOptionsBuilder::new().noprune(true).build();
        let call = self
            .client()
            .await?
            .remove_image(reference, Some(options), None);
        match within("remove image", PATIENT, call).await {
            Ok(_) | Err(EngineError::NoSuchImage(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn pull_image(&self, reference: &str, timeout: Duration) -> Result<()> {
        let (repo, tag) = split(reference);
        let options = CreateImageOptionsBuilder::new()
            .from_image(repo)
            .tag(tag)
            .build();
        self.fetch("pull image", timeout, options, None).await
    }

    pub(crate) async fn ask_registry(&self, reference: &str, timeout: Duration) -> Result<()> {
        let client = self.client().await?;
        let call = client.inspect_registry_image(reference, None);
        within("ask registry", timeout, call).await.map(drop)
    }

    pub(crate) async fn import_image(&self, tar: TarStream, target: &str) -> Result<()> {
        let (repo, tag) = split(target);
        let options = CreateImageOptionsBuilder::new()
            .from_src("-")
            .repo(repo)
            .tag(tag)
            .build();
        self.fetch("import image", IMPORT, options, Some(tar)).await
    }

    /// Docker makes an image out of something from elsewhere, and talks while it does.
    async fn fetch(
        &self,
        operation: &'static str,
        deadline: Duration,
        options: CreateImageOptions,
        body: Option<TarStream>,
    ) -> Result<()> {
        let client = self.client().await?;
        let body = body.map(bollard::body_try_stream);
        let call = client
            .create_image(Some(options), body, None)
            .try_for_each(|_| std::future::ready(Ok(())));
        within(operation, deadline, call).await
    }
}

/// A reference's name and tag (or digest), as Docker's parameters want them.
fn split(reference: &str) -> (&str, &str) {
    if let Some(parts) = reference.split_once('@') {
        return parts;
    }
    match reference.rsplit_once(':') {
        // A colon before a slash belongs to the registry's port.
        Some((repo, tag)) if !tag.contains('/') => (repo, tag),
        Some(_) | None => (reference, "latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_registrys_port_is_no_tag() {
        assert_eq!(split("a"), ("a", "latest"));
        assert_eq!(split("a:1"), ("a", "1"));
        assert_eq!(split("host:5000/a"), ("host:5000/a", "latest"));
        assert_eq!(split("host:5000/a:2"), ("host:5000/a", "2"));
        assert_eq!(split("a@sha256:00"), ("a", "sha256:00"));
    }
}
