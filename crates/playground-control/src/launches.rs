//! Launches as the API shows them: what `builds/{id}/` answers.

use std::collections::HashMap;
use std::sync::Arc;

use playground_store::{BuildRow, ContainerRow, LaunchRow, Outcome};
use playground_types::wire::{Container, ImageBuild, Launch};
use playground_types::{BuildId, BuildStatus, ContainerPk, ContainerStatus, LaunchStatus};

use crate::{Control, ControlError, Place};

/// What a cancelled launch says where clients expect a text.
const CANCELLED: &str = "it was cancelled before the app was ready";

impl Control {
    /// Where a launch stands.
    pub async fn launch_status(&self, launch: &LaunchRow) -> Result<LaunchStatus, ControlError> {
        let row = self.store.container(launch.container).await?;
        let build = self.build_of(launch).await?;
        Ok(status(launch, row.as_ref(), build.as_ref()))
    }

    /// A launch and its container, which may be gone. Its `result` is left to whoever knows the caller.
    pub async fn view_launch(
        &self,
        launch: &LaunchRow,
    ) -> Result<(Launch, Option<ContainerRow>), ControlError> {
        let row = self.store.container(launch.container).await?;
        let build = self.build_of(launch).await?;
        let place = match &build {
            Some(build) => self.place_of(build).await?,
            None => None,
        };
        let view = self.launch_view(launch, row.as_ref(), build.as_ref(), place);
        Ok((view, row))
    }

    /// The newest launches, so many, and all that are on their way; newest first. `rows` are the records there are.
    pub async fn recent_launches(
        &self,
        newest: u64,
        rows: &[Arc<ContainerRow>],
    ) -> Result<Vec<Launch>, ControlError> {
        let launches = self.store.recent_launches(newest).await?;
        let builds: Vec<BuildId> = launches.iter().filter_map(|launch| launch.build).collect();
        let builds = self.store.builds(&builds).await?;
        let places = if builds
            .iter()
            .any(|build| build.status == BuildStatus::Queued)
        {
            self.places().await?
        } else {
            HashMap::new()
        };
        let rows: HashMap<ContainerPk, &ContainerRow> =
            rows.iter().map(|row| (row.pk, row.as_ref())).collect();
        let builds: HashMap<BuildId, &BuildRow> =
            builds.iter().map(|build| (build.id, build)).collect();
        let view = |launch: &LaunchRow| {
            let row = rows.get(&launch.container).copied();
            let build = launch.build.and_then(|build| builds.get(&build).copied());
            let place = build.and_then(|build| places.get(&build.id).copied());
            self.launch_view(launch, row, build, place)
        };
        Ok(launches.iter().map(view).collect())
    }

    fn launch_view(
        &self,
        launch: &LaunchRow,
        row: Option<&ContainerRow>,
        build: Option<&BuildRow>,
        place: Option<Place>,
    ) -> Launch {
        let image_build = build.map(|build| image_build(build, place));
        let error = match (launch.outcome, &launch.failure) {
            (Some(Outcome::Failed | Outcome::Cancelled), Some(failure)) => {
                Some(failure.message.clone())
            }
            (Some(Outcome::Failed | Outcome::Cancelled), None) => Some(CANCELLED.to_owned()),
            (Some(Outcome::Completed) | None, _) => None,
        };
        Launch {
            build_id: launch.id.to_string(),
            id: launch.id.to_string(),
            status: status(launch, row, build),
            plugin_release: launch.release.to_string(),
            container_pk: launch.container.0,
            result: None,
            error,
            failure: launch.failure.clone(),
            position: image_build.as_ref().and_then(|build| build.position),
            estimate_seconds: image_build
                .as_ref()
                .and_then(|build| build.estimate_seconds),
            image_build,
            waiting: row
                .filter(|_| launch.outcome.is_none())
                .and_then(|row| self.waiting(row.pk)),
            created_at: launch.created_at.to_string(),
            finished_at: launch.finished_at.map(|time| time.to_string()),
        }
    }

    async fn build_of(&self, launch: &LaunchRow) -> Result<Option<BuildRow>, ControlError> {
        Ok(match launch.build {
            Some(build) => self.store.build(build).await?,
            None => None,
        })
    }

    /// The container of a completed launch: as it is now, or as it was when it is gone.
    pub fn launch_result(
        &self,
        launch: &LaunchRow,
        row: Option<&ContainerRow>,
        host: Option<&str>,
    ) -> Option<Container> {
        if launch.outcome != Some(Outcome::Completed) {
            return None;
        }
        if let Some(row) = row {
            return Some(self.view(row, host));
        }
        let snapshot: Container = serde_json::from_str(launch.result.as_deref()?).ok()?;
        Some(Container {
            status: ContainerStatus::Deleted,
            endpoint: None,
            url: None,
            ..snapshot
        })
    }

    /// An image build.
    pub async fn view_build(&self, build: &BuildRow) -> Result<ImageBuild, ControlError> {
        let place = self.place_of(build).await?;
        Ok(image_build(build, place))
    }
}

fn status(
    launch: &LaunchRow,
    row: Option<&ContainerRow>,
    build: Option<&BuildRow>,
) -> LaunchStatus {
    match launch.outcome {
        Some(Outcome::Completed) => LaunchStatus::Completed,
        Some(Outcome::Failed) => LaunchStatus::Failed,
        Some(Outcome::Cancelled) => LaunchStatus::Cancelled,
        None if launch.build.is_none() => match row.map(|row| row.status) {
            Some(ContainerStatus::Requested | ContainerStatus::Building) => LaunchStatus::Building,
            _ => LaunchStatus::Starting,
        },
        None => match build.map(|build| build.status) {
            Some(BuildStatus::Queued) => LaunchStatus::Queued,
            Some(BuildStatus::Building) => LaunchStatus::Building,
            Some(BuildStatus::Completed | BuildStatus::Failed | BuildStatus::Cancelled) | None => {
                LaunchStatus::Starting
            }
        },
    }
}

fn image_build(build: &BuildRow, place: Option<Place>) -> ImageBuild {
    ImageBuild {
        id: build.id.to_string(),
        status: build.status,
        plugin_release: build.release.to_string(),
        context_digest: build.context.to_string(),
        image: build.image.clone(),
        queue_position: place.map(|place| place.position - 1),
        position: place.map(|place| place.position),
        estimate_seconds: place.and_then(|place| place.estimate_seconds),
        steps: build.steps.clone(),
        failure: build.failure.clone(),
        queued_at: build.queued_at.to_string(),
        started_at: build.started_at.map(|time| time.to_string()),
        finished_at: build.finished_at.map(|time| time.to_string()),
    }
}
