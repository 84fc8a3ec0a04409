//! Which image a record's content needs: the digest of everything that goes into it.

use playground_engine::ImageView;
use playground_plugin::PluginFacts;
use playground_plugin::recipe::{BaseImage, Builder, Install, Recipe, RecipeOptions};
use playground_store::ContainerRow;
use playground_types::{Cause, Digest, Failure, ImageName};

use crate::{Control, ControlError, StepError};

/// The base image's label with its installed packages, as JSON.
pub const LABEL_BASE_PACKAGES: &str = "synapse.base.packages";
/// The base image's label with its Python version.
pub const LABEL_BASE_PYTHON: &str = "synapse.base.python";

impl Control {
    /// Plans the image for a record, or gives the record up when there is no base image to make it from.
    pub(crate) async fn plan_image(&self, row: &ContainerRow) -> Result<(), StepError> {
        if self.gave_up_without_content(row).await? {
            return Ok(());
        }
        let Some(base) = self.engine.image(&self.config.base_image).await? else {
            let missing = Cause::BaseImageMissing {
                image: self.config.base_image.clone(),
            };
            return self.give_up(row, &Failure::of(&missing)).await;
        };
        let facts = self.facts(&row.spec.source).await?;
        let recipe = self
            .recipe(
                &facts,
                &base,
                Install::Wheels,
                self.first_builder(),
                row.spec.live,
            )
            .await?;
        let image = ImageName::for_release(&row.release).with_context(&recipe.digest);
        self.store
            .set_image_plan(row.pk, &row.spec.source, &recipe.digest, &image)
            .await?;
        Ok(())
    }

    /// Gives a record up whose content is not on disk: nothing can be built from what is left of it.
    pub(crate) async fn gave_up_without_content(
        &self,
        row: &ContainerRow,
    ) -> Result<bool, StepError> {
        if self.config.source_file(&row.spec.source).is_file() {
            return Ok(false);
        }
        let missing = Cause::SourceMissing {
            release: row.release.to_string(),
        };
        self.give_up(row, &Failure::of(&missing)).await?;
        Ok(true)
    }

    /// What goes into an image, generated.
    pub(crate) async fn recipe(
        &self,
        facts: &PluginFacts,
        base: &ImageView,
        install: Install,
        builder: Builder,
        live: bool,
    ) -> Result<Recipe, ControlError> {
        let build = &self.config.build;
        let ca_bundle = match &build.ca_bundle {
            None => None,
            Some(path) => {
                Some(
                    tokio::fs::read(path)
                        .await
                        .map_err(|source| ControlError::Disk {
                            path: path.clone(),
                            source,
                        })?,
                )
            }
        };
        let options = RecipeOptions {
            builder,
            install,
            ca_bundle,
            index: build.index.clone(),
            live,
        };
        Ok(Recipe::new(
            facts,
            &base_image(&self.config.base_image, base),
            &options,
        ))
    }

    /// What intake found out about some content.
    pub(crate) async fn facts(&self, source: &Digest) -> Result<PluginFacts, ControlError> {
        let row = self.store.source(source).await?;
        let row = row.ok_or_else(|| ControlError::UnknownRelease(source.to_string()))?;
        crate::intake::parse_facts(&row)
    }

    /// The builder that is tried first.
    pub(crate) fn first_builder(&self) -> Builder {
        if self.config.build.classic {
            Builder::Classic
        } else {
            Builder::BuildKit
        }
    }
}

/// The base image in the recipe's words. Labels that are missing only cost an install step that would not be needed.
fn base_image(reference: &str, view: &ImageView) -> BaseImage {
    let packages = view
        .labels
        .get(LABEL_BASE_PACKAGES)
        .and_then(|json| serde_json::from_str(json).ok());
    BaseImage {
        reference: reference.to_owned(),
        id: view.id.clone(),
        packages: packages.unwrap_or_default(),
        python: view.labels.get(LABEL_BASE_PYTHON).cloned(),
    }
}
