//! The calls about the engine itself, networks and images.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use futures_util::TryStreamExt;

use super::state::{Network, State, conflict};
use super::{FakeEngine, Op};
use crate::build::TarStream;
use crate::labels::{LABEL_MANAGED_BY, MANAGED_BY};
use crate::{EngineError, EngineVersion, ImageView, Reach, Result};

/// What an image counts, unless told otherwise.
const IMAGE_BYTES: u64 = 100 * 1024 * 1024;

impl FakeEngine {
    /// Puts an image on the engine, as if it had been built or pulled. Returns its id.
    pub fn add_image(&self, reference: &str) -> String {
        self.add_labelled_image(reference, BTreeMap::new())
    }

    /// The same, with labels.
    pub fn add_labelled_image(&self, reference: &str, labels: BTreeMap<String, String>) -> String {
        self.change(|state| state.add_image(&[reference.to_owned()], labels))
    }

    /// Lets a pull find this reference.
    pub fn publish_in_registry(&self, reference: &str) {
        self.state().registry.insert(with_tag(reference));
    }

    pub(crate) async fn version(&self) -> Result<EngineVersion> {
        self.call(Op::Version, |_| {
            Ok(EngineVersion {
                version: "20.10.24".into(),
                api_version: "1.41".into(),
                security_options: vec!["name=seccomp,profile=default".into()],
                seccomp: true,
                cgroup_version: Some("1".into()),
                os: "a scripted engine".into(),
                kernel: "6.1.0".into(),
                storage_driver: "overlay2".into(),
                cpus: 4,
                memory_bytes: 16 << 30,
                root_dir: None,
                runc: Some("1.1.5".into()),
                runtimes: vec!["runc".into()],
            })
        })
        .await
    }

    pub(crate) async fn ensure_network(
        &self,
        name: &str,
        reach: Reach,
        labels: &BTreeMap<String, String>,
    ) -> Result<()> {
        self.call(Op::EnsureNetwork, |state| match state.networks.get(name) {
            Some(found)
                if found.labels.get(LABEL_MANAGED_BY).map(String::as_str) != Some(MANAGED_BY) =>
            {
                Err(EngineError::ForeignNetwork(name.to_owned()))
            }
            Some(found) if found.reach != reach => Err(conflict("the network reaches elsewhere")),
            Some(_) => Ok(()),
            None => {
                let mut labels = labels.clone();
                labels.insert(LABEL_MANAGED_BY.into(), MANAGED_BY.into());
                let id = state.new_id();
                state
                    .networks
                    .insert(name.to_owned(), Network { id, reach, labels });
                Ok(())
            }
        })
        .await
    }

    pub(crate) async fn has_network(&self, name: &str, reach: Reach) -> Result<bool> {
        self.call(Op::HasNetwork, |state| match state.networks.get(name) {
            Some(found) if found.reach != reach => Err(conflict("the network reaches elsewhere")),
            found => Ok(found.is_some()),
        })
        .await
    }

    /// There is always room.
    pub(crate) async fn try_network(&self, _name: &str) -> Result<()> {
        self.call(Op::TryNetwork, |_| Ok(())).await
    }

    pub(crate) async fn image(&self, reference: &str) -> Result<Option<ImageView>> {
        self.call(Op::Image, |state| Ok(state.image(reference)))
            .await
    }

    pub(crate) async fn list_images(&self, labels: &[String]) -> Result<Vec<ImageView>> {
        self.call(Op::ListImages, |state| {
            let has = |image: &ImageView, wanted: &String| match wanted.split_once('=') {
                Some((name, value)) => image.labels.get(name).is_some_and(|found| found == value),
                None => image.labels.contains_key(wanted),
            };
            let wanted = |image: &&ImageView| labels.iter().all(|label| has(image, label));
            Ok(state.images.values().filter(wanted).cloned().collect())
        })
        .await
    }

    pub(crate) async fn tag_image(&self, source: &str, target: &str) -> Result<()> {
        self.call(Op::TagImage, |state| {
            let id = state
                .image(source)
                .ok_or_else(|| EngineError::NoSuchImage(source.to_owned()))?
                .id;
            state.point(&with_tag(target), &id);
            Ok(())
        })
        .await
    }

    pub(crate) async fn remove_image(&self, reference: &str) -> Result<()> {
        self.call(Op::RemoveImage, |state| state.remove_image(reference))
            .await
    }

    pub(crate) async fn images_in_use(&self) -> Result<BTreeSet<String>> {
        self.call(Op::ImagesInUse, |state| {
            let containers = state.containers.values();
            Ok(containers
                .map(|container| container.view.image_id.clone())
                .collect())
        })
        .await
    }

    /// Scripted engines have no disk, unless a test gave them one.
    pub(crate) fn data_root(&self) -> Option<PathBuf> {
        self.state().data_root.clone()
    }

    /// The folder that stands for the engine's disk.
    pub fn set_data_root(&self, folder: PathBuf) {
        self.state().data_root = Some(folder);
    }

    /// All images, those without a reference included.
    pub fn images(&self) -> Vec<ImageView> {
        self.state().images.values().cloned().collect()
    }

    pub(crate) async fn ask_registry(&self, reference: &str, _timeout: Duration) -> Result<()> {
        self.call(Op::AskRegistry, |state| {
            let reference = with_tag(reference);
            match state.registry.contains(&reference) {
                true => Ok(()),
                false => Err(EngineError::NoSuchImage(reference)),
            }
        })
        .await
    }

    pub(crate) async fn pull_image(&self, reference: &str, _timeout: Duration) -> Result<()> {
        self.call(Op::PullImage, |state| {
            let reference = with_tag(reference);
            if !state.registry.contains(&reference) {
                return Err(EngineError::NoSuchImage(reference));
            }
            state.add_image(&[reference], BTreeMap::new());
            Ok(())
        })
        .await
    }

    pub(crate) async fn import_image(&self, tar: TarStream, target: &str) -> Result<()> {
        let pass = self.enter(Op::ImportImage).await?;
        let answer = match drain(tar).await {
            Ok(_) => {
                self.change(|state| state.add_image(&[target.to_owned()], BTreeMap::new()));
                Ok(())
            }
            Err(error) => Err(EngineError::stream(error)),
        };
        self.leave(pass, answer).await
    }
}

impl State {
    /// The image of a reference or of an id.
    pub(super) fn image(&self, reference: &str) -> Option<ImageView> {
        let tagged = with_tag(reference);
        let by_tag = |image: &&ImageView| image.tags.contains(&tagged);
        self.images
            .get(reference)
            .or_else(|| self.images.values().find(by_tag))
            .cloned()
    }

    pub(super) fn add_image(
        &mut self,
        references: &[String],
        labels: BTreeMap<String, String>,
    ) -> String {
        let id = format!("sha256:{}", self.new_id());
        let image = ImageView {
            id: id.clone(),
            tags: Vec::new(),
            labels,
            env: vec!["PATH=/usr/local/bin:/usr/bin:/bin".into()],
            cmd: Vec::new(),
            size_bytes: IMAGE_BYTES,
            created_at: Some(self.now()),
        };
        self.images.insert(id.clone(), image);
        for reference in references {
            self.point(&with_tag(reference), &id);
        }
        id
    }

    /// Moves a reference to an image.
    fn point(&mut self, reference: &str, id: &str) {
        for image in self.images.values_mut() {
            image.tags.retain(|tag| tag != reference);
        }
        if let Some(image) = self.images.get_mut(id) {
            image.tags.push(reference.to_owned());
        }
    }

    /// Takes a reference away; with the last one the image goes, unless a container needs it.
    pub(super) fn remove_image(&mut self, reference: &str) -> Result<()> {
        let Some(image) = self.image(reference) else {
            return Ok(());
        };
        let by_id = image.id == reference;
        if !by_id && image.tags.len() > 1 {
            let reference = with_tag(reference);
            if let Some(found) = self.images.get_mut(&image.id) {
                found.tags.retain(|tag| *tag != reference);
            }
            return Ok(());
        }
        let in_use = |container: &super::state::Container| container.view.image_id == image.id;
        if self.containers.values().any(in_use) {
            return Err(conflict("the image is being used by a container"));
        }
        self.images.remove(&image.id);
        Ok(())
    }
}

/// A reference as Docker completes it.
pub(super) fn with_tag(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or(reference);
    if last.contains(':') || last.contains('@') {
        reference.to_owned()
    } else {
        format!("{reference}:latest")
    }
}

/// Reads an archive to its end, as the engine does; says how long it was.
pub(super) async fn drain(tar: TarStream) -> std::io::Result<u64> {
    tar.try_fold(0, |sum, part| async move { Ok(sum + part.len() as u64) })
        .await
}
