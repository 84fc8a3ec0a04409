//! From a container on the engine back to the record that it was made for.
//!
//! Labels say whose it is, Docker keeps image, environment and port, and [`Origin`] has the rest.

use std::fs::File;
use std::path::Path;

use playground_engine::labels::{LABEL_CONTEXT, LABEL_MODEL, LABEL_ORIGIN, LABEL_RELEASE};
use playground_engine::{ContainerView, RunState};
use playground_plugin::{Entrypoint, PluginFacts, Requested, check};
use playground_store::{Adoption, Desired, SourceRow, Spec};
use playground_types::env::{Envs, Params};
use playground_types::{Digest, ModelId, PluginRelease};
use serde_json::{Map, Value};

use crate::adopt::record_of;
use crate::container::origin::Origin;
use crate::container::spec::{ENTRYPOINT, PARAMS};
use crate::{Control, ControlConfig, ControlError, StepError};

/// What a container's labels lack, in words.
type Missing = String;

impl Control {
    /// What a record made from this container would be, or what is missing for one. None when the container is gone.
    pub(crate) async fn adoption(
        &self,
        view: &ContainerView,
    ) -> Result<Option<Result<Adoption, Missing>>, StepError> {
        let Some(raw) = self.engine.inspect_raw(&view.id).await? else {
            return Ok(None);
        };
        let told = match Told::by(view, &raw) {
            Ok(told) => told,
            Err(missing) => return Ok(Some(Err(missing))),
        };
        let (source, has_content) = self.content_of(&told).await?;
        Ok(Some(told.into_adoption(view, source, has_content)))
    }

    /// What is known about the content: by the database, by the file of it, or only what the container needs.
    async fn content_of(&self, told: &Told) -> Result<(SourceRow, bool), StepError> {
        let digest = told.origin.source.clone();
        let has_content = self.config.source_file(&digest).is_file();
        if let Some(row) = self.store.source(&digest).await? {
            return Ok((row, has_content));
        }
        let (config, release) = (self.config.clone(), told.release.clone());
        let entrypoint = told.entrypoint.to_string();
        let wanted = digest.clone();
        let read = tokio::task::spawn_blocking(move || {
            let requested = Requested {
                code: Some(release.code().clone()),
                version: Some(release.version().clone()),
                entrypoint: Some(entrypoint),
            };
            facts_of_file(&config, &config.source_file(&wanted), &requested)
                .filter(|facts| facts.content == wanted)
        })
        .await;
        let (facts, has_content) = match read.ok().flatten() {
            Some(facts) => (facts, true),
            None => (told.bare_facts(), false),
        };
        let facts = serde_json::to_string(&facts).map_err(ControlError::Facts)?;
        Ok((SourceRow { digest, facts }, has_content))
    }

    /// Takes in again what is in the folder of contents, oldest first: a new database in place of a lost one. What does
    /// not name its release is left to the containers made from it.
    pub(crate) async fn take_in_contents(&self) -> Result<(), ControlError> {
        let config = self.config.clone();
        let read = tokio::task::spawn_blocking(move || contents(&config)).await;
        let found = read.unwrap_or_default();
        for facts in &found {
            let source = SourceRow {
                digest: facts.content.clone(),
                facts: serde_json::to_string(facts).map_err(ControlError::Facts)?,
            };
            self.store
                .put_release(&facts.release, &source, self.clock.now())
                .await?;
        }
        self.changes.note_releases();
        tracing::info!(
            releases = found.len(),
            "the database is new: plugin contents on disk were taken in again"
        );
        Ok(())
    }
}

/// What a container tells by itself.
struct Told {
    release: PluginRelease,
    model: Option<ModelId>,
    context: Digest,
    origin: Origin,
    image: String,
    params: Params,
    envs: Envs,
    entrypoint: Entrypoint,
}

impl Told {
    fn by(view: &ContainerView, raw: &Value) -> Result<Self, Missing> {
        let origin = view.labels.get(LABEL_ORIGIN);
        let origin: Origin = origin
            .and_then(|text| serde_json::from_str(text).ok())
            .ok_or("an older version made it, which wrote no synapse.origin label")?;
        let environment = environment(raw);
        let value = |name: &str| environment.get(name).and_then(Value::as_str);
        let params = value(PARAMS)
            .and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok())
            .and_then(|params| Params::checked(params).ok())
            .ok_or("its params cannot be read")?;
        let given = origin
            .envs
            .iter()
            .filter_map(|name| Some((name.clone(), environment.get(name)?.clone())))
            .collect();
        Ok(Self {
            release: release_of(view).ok_or("its release label cannot be read")?,
            model: model_of(view),
            context: view
                .labels
                .get(LABEL_CONTEXT)
                .and_then(|label| label.parse().ok())
                .ok_or("its context label cannot be read")?,
            image: raw
                .pointer("/Config/Image")
                .and_then(Value::as_str)
                .ok_or("its image is not known")?
                .to_owned(),
            params,
            envs: Envs::checked(given).map_err(|error| error.to_string())?,
            entrypoint: value(ENTRYPOINT)
                .and_then(|text| text.parse().ok())
                .ok_or("its entrypoint cannot be read")?,
            origin,
        })
    }

    fn into_adoption(
        self,
        view: &ContainerView,
        source: SourceRow,
        has_content: bool,
    ) -> Result<Adoption, Missing> {
        let origin = self.origin;
        Ok(Adoption {
            pk: record_of(view),
            name: view.name.clone(),
            release: self.release,
            model: self.model,
            kind: origin.kind,
            backend_container_id: origin.backend_container_id,
            desired: desired_of(&view.state),
            epoch: origin.epoch,
            spec: Spec {
                source: origin.source,
                params: self.params,
                envs: self.envs,
                limits: origin.limits,
                live: origin.live,
            },
            labels: origin.labels,
            metadata: origin.metadata,
            context: Some(self.context),
            image: self.image,
            host_port: view.host_port.ok_or("it publishes no port")?,
            engine_id: view.id.clone(),
            wanted_at: origin.wanted_at,
            created_at: origin.created_at,
            source,
            has_content,
        })
    }

    /// Enough to make the container again from its image. Nothing can be built from it: that asks for an upload.
    fn bare_facts(&self) -> PluginFacts {
        PluginFacts {
            release: self.release.clone(),
            name: self.release.code().to_string(),
            category: None,
            description: None,
            entrypoint: self.entrypoint.clone(),
            requirements: String::new(),
            included_requirements: Default::default(),
            installs_from: Vec::new(),
            content: self.origin.source.clone(),
            files: 0,
            size_bytes: 0,
            warnings: Vec::new(),
            has_wheels: false,
            python: None,
        }
    }
}

/// What a container does says what was wanted of it. One that ended may have been stopped on purpose, so it stays so.
fn desired_of(state: &RunState) -> Desired {
    match state {
        RunState::Created | RunState::Running | RunState::Paused | RunState::Restarting => {
            Desired::Running
        }
        RunState::Exited { .. } | RunState::Removing | RunState::Dead => Desired::Stopped,
    }
}

/// The release of a container, by its label.
pub(crate) fn release_of(view: &ContainerView) -> Option<PluginRelease> {
    view.labels.get(LABEL_RELEASE)?.parse().ok()
}

/// The model of a container, by its label.
pub(crate) fn model_of(view: &ContainerView) -> Option<ModelId> {
    view.labels.get(LABEL_MODEL)?.parse().ok().map(ModelId)
}

/// A container's variables. Its own come before those of its image.
fn environment(raw: &Value) -> Map<String, Value> {
    let mut environment = Map::new();
    let entries = raw.pointer("/Config/Env").and_then(Value::as_array);
    for entry in entries.into_iter().flatten() {
        if let Some((name, value)) = entry.as_str().and_then(|text| text.split_once('=')) {
            environment.entry(name).or_insert_with(|| value.into());
        }
    }
    environment
}

/// Checks a stored content as if it were uploaded.
fn facts_of_file(
    config: &ControlConfig,
    path: &Path,
    requested: &Requested,
) -> Option<PluginFacts> {
    let file = File::open(path).ok()?;
    let checked = check(
        file,
        requested,
        &config.archive_limits,
        config.requirement_policy,
        &config.spool_dir(),
    );
    match checked {
        Ok(checked) => Some(checked.facts),
        Err(error) => {
            tracing::warn!(%error, file = %path.display(), "a stored content cannot be read");
            None
        }
    }
}

/// Every content on disk that names its release and is what its file's name says, oldest first.
fn contents(config: &ControlConfig) -> Vec<PluginFacts> {
    let Ok(entries) = std::fs::read_dir(config.sources_dir()) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    files.sort();
    files
        .into_iter()
        .filter_map(|(_, path)| {
            let facts = facts_of_file(config, &path, &Requested::default())?;
            (config.source_file(&facts.content) == path).then_some(facts)
        })
        .collect()
}
