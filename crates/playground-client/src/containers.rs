//! `containers/`: the containers themselves.

use futures_util::Stream;
use playground_types::wire::{Container, Created, Page};
use playground_types::{IdleTimes, Visibility};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{Archive, Client, ClientError, CreateRequest};

/// Which containers a list shows. What is not set does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerFilter {
    /// Any of these statuses: our words, or Docker's.
    pub statuses: Vec<String>,
    /// All of these labels.
    pub labels: Vec<String>,
    /// `code@version`, or a bare code for any version of it.
    pub plugin_release: Option<String>,
    /// The model.
    pub model: Option<i64>,
    /// Part of the name or release.
    pub search: Option<String>,
}

/// What a container can be asked to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedStatus {
    /// Up, with its app answering.
    Running,
    /// Down. Its port stays reserved.
    Stopped,
}

/// How far a removal got while the Agent held the request open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It is gone.
    Done,
    /// It will be gone: the Agent sees to it.
    OnItsWay,
}

impl ContainerFilter {
    fn query(&self) -> Vec<(String, String)> {
        let mut query = Vec::new();
        let mut add = |name: &str, value: &str| query.push((name.to_owned(), value.to_owned()));
        for status in &self.statuses {
            add("status", status);
        }
        for label in &self.labels {
            add("label", label);
        }
        if let Some(release) = &self.plugin_release {
            add("plugin_release", release);
        }
        if let Some(model) = self.model {
            add("model", &model.to_string());
        }
        if let Some(search) = &self.search {
            add("search", search);
        }
        query
    }
}

impl Client {
    /// One page of the containers, newest first. Pages count from 1; a page has at most 500 items.
    ///
    /// # Errors
    /// `Api` with `page_unknown` past the last page, `status_invalid` for a word that is no status; see [`ClientError`].
    pub async fn containers(
        &self,
        filter: &ContainerFilter,
        page: u64,
        page_size: u64,
    ) -> Result<Page<Container>, ClientError> {
        let mut query = filter.query();
        query.push(("page".to_owned(), page.to_string()));
        query.push(("page_size".to_owned(), page_size.to_string()));
        self.get(&["containers"], &query).await
    }

    /// Every container, newest first, fetched page by page as they are taken. Ends after its first error.
    pub fn all_containers(
        &self,
        filter: &ContainerFilter,
    ) -> impl Stream<Item = Result<Container, ClientError>> + Send + 'static + use<> {
        self.all_pages(&["containers"], filter.query())
    }

    /// One container with Docker's attributes, by record key, name, Docker id or the beginning of one.
    ///
    /// # Errors
    /// `Api` with `container_unknown`, or `container_ambiguous` for too short a beginning; see [`ClientError`].
    pub async fn container(&self, id: &str) -> Result<Container, ClientError> {
        self.get(&["containers", id], &[]).await
    }

    /// Brings up the app of a release that the Agent knows. Answers within seconds: with the ready container, with one
    /// that failed (see its `failure`), or with one that is on its way, to be waited for by its `build_id`.
    ///
    /// # Errors
    /// `Api` with `plugin_release_unknown` when the Agent needs the archive first; see [`ClientError`].
    pub async fn create_container(&self, request: &CreateRequest) -> Result<Created, ClientError> {
        let post = self
            .request(Method::POST, self.address(&["containers"]))
            .headers(request.headers())
            .json(request);
        self.read(self.send(post).await?).await
    }

    /// The same with the plugin's archive. `progress` hears how many of its bytes were taken so far.
    ///
    /// # Errors
    /// `Api` with the reason when the archive is refused, `Timeout` when the upload stands still; see [`ClientError`].
    pub async fn create_container_from(
        &self,
        archive: Archive,
        request: &CreateRequest,
        progress: impl FnMut(u64) + Send + 'static,
    ) -> Result<Created, ClientError> {
        let post = self
            .endless(Method::POST, self.address(&["containers"]))
            .headers(request.headers());
        self.upload(post, request.form_fields(), archive, progress)
            .await
    }

    /// Starts or stops a container, and waits a few seconds for it. A failed start is in the answer's `failure`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn update_container(
        &self,
        id: &str,
        wanted: WantedStatus,
    ) -> Result<Container, ClientError> {
        let status = match wanted {
            WantedStatus::Running => "running",
            WantedStatus::Stopped => "stopped",
        };
        self.patch(id, &json!({ "status": status })).await
    }

    /// Says who may use a container's app through the gateway.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn set_visibility(
        &self,
        id: &str,
        visibility: Visibility,
    ) -> Result<Container, ClientError> {
        self.patch(id, &json!({ "visibility": visibility })).await
    }

    /// Says after how many seconds without a visitor an app sleeps. These times replace all that were set before.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn set_idle(&self, id: &str, times: IdleTimes) -> Result<Container, ClientError> {
        self.patch(id, &json!({ "idle": times })).await
    }

    async fn patch(&self, id: &str, change: &Value) -> Result<Container, ClientError> {
        let patch = self
            .request(Method::PATCH, self.address(&["containers", id]))
            .json(change);
        self.read(self.send(patch).await?).await
    }

    /// Restarts a container, and waits a few seconds for its app.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn restart_container(&self, id: &str) -> Result<Container, ClientError> {
        let post = self.request(Method::POST, self.address(&["containers", id, "restart"]));
        self.read(self.send(post).await?).await
    }

    /// Stops and removes a container and its record. Repeating it is no error.
    ///
    /// # Errors
    /// `Api` with `container_unknown` for what never was there; see [`ClientError`].
    pub async fn delete_container(&self, id: &str) -> Result<Removal, ClientError> {
        let delete = self.request(Method::DELETE, self.address(&["containers", id]));
        self.send_away(delete).await.map(Removal::of)
    }
}

impl Removal {
    pub(crate) fn of(status: StatusCode) -> Self {
        if status == StatusCode::ACCEPTED {
            Self::OnItsWay
        } else {
            Self::Done
        }
    }
}
