//! The Agent's images on the engine: looked at, and removed where the policy lets them go.

use playground_engine::labels::{
    LABEL_AGENT, LABEL_CONTEXT, LABEL_MANAGED_BY, LABEL_RELEASE, MANAGED_BY,
};
use playground_engine::{EngineError, ImageView};
use playground_types::wire::{CleanupItem, CleanupKind, CleanupReason};
use playground_types::{ImageName, PluginRelease, Timestamp};

use super::Mode;
use super::policy::{Candidate, Keep, spare};
use crate::{Control, StepError};

/// A classic build leaves a chain of images, each the last one's parent: no more looks than this.
const LOOKS: usize = 100;

impl Control {
    /// Removes, or tells, what the policy lets go.
    pub(super) async fn clean_images(&self, mode: Mode) -> Result<Vec<CleanupItem>, StepError> {
        let keep = Keep {
            newest: self.config.clean.keep_newest,
            since: self.kept_since(),
        };
        let candidates = self.candidates().await?;
        let mut items = Vec::new();
        for (image, reason) in spare(&candidates, Some(keep)) {
            match reason {
                // Behind each may be another: they have a way of their own below.
                CleanupReason::Leftover if mode == Mode::Remove => {}
                _ => items.push(self.clean_image(image, reason, mode).await?),
            }
        }
        if mode == Mode::Remove {
            items.extend(self.clean_leftovers().await?);
        }
        Ok(items)
    }

    /// Removes images that nothing uses until no disk is nearly full. How many went.
    pub(super) async fn free_images(&self) -> Result<usize, StepError> {
        let mut freed = self.clean_leftovers().await?.len();
        for (image, reason) in spare(&self.candidates().await?, None) {
            if self.low_disk().is_none() {
                break;
            }
            if reason == CleanupReason::LowDisk {
                let item = self.clean_image(image, reason, Mode::Remove).await?;
                freed += usize::from(item.kept.is_none());
            }
        }
        Ok(freed)
    }

    /// What the classic builder left without a name: every stage of a build, and how far a failed one came. A build that
    /// runs stands on such images, so there is nothing to remove while one does, and none begins meanwhile.
    async fn clean_leftovers(&self) -> Result<Vec<CleanupItem>, StepError> {
        let Some(_quiet) = self.builder.quiet() else {
            return Ok(Vec::new());
        };
        let mut items: Vec<CleanupItem> = Vec::new();
        for _ in 0..LOOKS {
            let candidates = self.candidates().await?;
            let before = items.len();
            for (image, reason) in spare(&candidates, None) {
                let is_known = items.iter().any(|item| item.name == image.id);
                if reason == CleanupReason::Leftover && !is_known {
                    items.push(self.clean_image(image, reason, Mode::Remove).await?);
                }
            }
            if items.len() == before {
                break;
            }
        }
        Ok(items)
    }

    /// Removes one image, or only tells of it.
    async fn clean_image(
        &self,
        image: &Candidate,
        reason: CleanupReason,
        mode: Mode,
    ) -> Result<CleanupItem, StepError> {
        let kept = match mode {
            Mode::DryRun => None,
            Mode::Remove => self.remove_spare(image).await?,
        };
        Ok(CleanupItem {
            kind: CleanupKind::Image,
            name: image.tags.first().unwrap_or(&image.id).clone(),
            plugin_release: image.release.clone(),
            reason,
            bytes: image.bytes,
            made_at: Some(image.made_at.to_string()),
            kept,
        })
    }

    /// Takes an image's names away, and it with the last one. Why it stays, if it does: Docker has the last word.
    async fn remove_spare(&self, image: &Candidate) -> Result<Option<String>, StepError> {
        // A create may have come since the list was made.
        if let Some(context) = &image.context
            && self.store.needed_contexts().await?.contains(context)
        {
            return Ok(Some("a container needs it by now".to_owned()));
        }
        let by_id = std::slice::from_ref(&image.id);
        let names = if image.tags.is_empty() {
            by_id
        } else {
            &image.tags
        };
        // Only the last name is refused when a container came meanwhile: it is the one that records know, see `candidates`.
        for name in names.iter().rev() {
            match self.engine.remove_image(name).await {
                Ok(()) => {}
                Err(error @ EngineError::Unreachable { .. }) => return Err(error.into()),
                Err(error) => return Ok(Some(crate::error_chain(&error))),
            }
        }
        tracing::info!(
            image = image.tags.first().unwrap_or(&image.id),
            release = image.release,
            "an image that is not needed was removed"
        );
        Ok(None)
    }

    /// Every image with this Agent's label. The engine is looked at before the records: what came since is not listed.
    async fn candidates(&self) -> Result<Vec<Candidate>, StepError> {
        let labels = [
            format!("{LABEL_MANAGED_BY}={MANAGED_BY}"),
            format!("{LABEL_AGENT}={}", self.agent_id),
        ];
        let images = self.engine.list_images(&labels).await?;
        if images.is_empty() {
            return Ok(Vec::new());
        }
        let in_use = self.engine.images_in_use().await?;
        let base = self.engine.image(&self.config.base_image).await?;
        let base_bytes = base.map_or(0, |base| base.size_bytes);
        let needed = self.store.needed_contexts().await?;
        let built_at = self.store.contexts_built_at().await?;
        let candidate = |mut image: ImageView| {
            // The name with the context's digest (`:d-`) before `:latest`.
            image.tags.sort_unstable();
            let label = |name: &str| image.labels.get(name).cloned();
            let (release, context) = (label(LABEL_RELEASE), label(LABEL_CONTEXT));
            let is_needed = context
                .as_ref()
                .is_some_and(|context| needed.contains(context));
            let built_at = context.as_ref().and_then(|context| built_at.get(context));
            Candidate {
                used: is_needed || in_use.contains(&image.id),
                only_our_tags: are_ours(&image.tags, release.as_deref()),
                // Docker's own time is that of the cache where all of it came from there.
                made_at: built_at
                    .copied()
                    .or(image.created_at)
                    .unwrap_or(Timestamp(0)),
                bytes: image.size_bytes.saturating_sub(base_bytes),
                id: image.id,
                tags: image.tags,
                release,
                context,
            }
        };
        Ok(images.into_iter().map(candidate).collect())
    }
}

/// Whether all names of an image are those that the Agent gives to images of this release.
fn are_ours(tags: &[String], release: Option<&str>) -> bool {
    let release = release.and_then(|release| release.parse::<PluginRelease>().ok());
    let name = release.map(|release| ImageName::for_release(&release));
    tags.iter().all(|tag| {
        let of_release = name
            .as_ref()
            .and_then(|name| tag.strip_prefix(name.as_str()));
        of_release.is_some_and(|rest| rest == ":latest" || rest.starts_with(":d-"))
    })
}

#[cfg(test)]
mod tests {
    use super::are_ours;

    #[test]
    fn somebody_elses_name_on_an_image_is_told_from_ours() {
        let ours = |tags: &[&str]| {
            let tags: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
            are_ours(&tags, Some("p@1.0.0"))
        };
        assert!(ours(&[]));
        assert!(ours(&[
            "synapse-plugin-p-1.0.0:latest",
            "synapse-plugin-p-1.0.0:d-00"
        ]));
        for foreign in [
            "mine:1",
            "synapse-plugin-p-1.0.0-x:latest",
            "synapse-plugin-p-1.0.0:keep",
        ] {
            assert!(
                !ours(&["synapse-plugin-p-1.0.0:latest", foreign]),
                "{foreign}"
            );
        }
        assert!(!are_ours(
            &["synapse-plugin-p-1.0.0:latest".to_owned()],
            None
        ));
    }
}
