//! Launches as the API shows them: what `builds/{id}/` answers.

use playground_store::{BuildRow, ContainerRow, LaunchRow, Outcome};
use playground_types::wire::{Container, ImageBuild};
use playground_types::{BuildStatus, ContainerStatus, LaunchStatus};

use crate::{Control, ControlError};

impl Control {
    /// Where a launch stands.
    pub async fn launch_status(&self, launch: &LaunchRow) -> Result<LaunchStatus, ControlError> {
        Ok(match launch.outcome {
            Some(Outcome::Completed) => LaunchStatus::Completed,
            Some(Outcome::Failed) => LaunchStatus::Failed,
            Some(Outcome::Cancelled) => LaunchStatus::Cancelled,
            None => match launch.build {
                None => self.unbuilt_status(launch).await?,
                Some(build) => match self.store.build(build).await?.map(|build| build.status) {
                    Some(BuildStatus::Queued) => LaunchStatus::Queued,
                    Some(BuildStatus::Building) => LaunchStatus::Building,
                    Some(BuildStatus::Completed | BuildStatus::Failed | BuildStatus::Cancelled)
                    | None => LaunchStatus::Starting,
                },
            },
        })
    }

    async fn unbuilt_status(&self, launch: &LaunchRow) -> Result<LaunchStatus, ControlError> {
        let row = self.store.container(launch.container).await?;
        Ok(match row.map(|row| row.status) {
            Some(ContainerStatus::Requested | ContainerStatus::Building) => LaunchStatus::Building,
            _ => LaunchStatus::Starting,
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
        Ok(ImageBuild {
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
        })
    }
}
