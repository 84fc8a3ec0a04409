//! Sending a form with an archive, with an eye on whether it moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::StreamExt as _;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use tokio::time::{sleep, timeout};

use crate::{Archive, Client, ClientError};

impl Client {
    /// Posts a form whose last part is the archive. `progress` hears how many bytes of it were taken so far.
    ///
    /// How long an upload takes depends on the line, so it has no deadline in all, only one for a standstill, and one for
    /// what the answer says once it begins.
    pub(crate) async fn upload<T: DeserializeOwned>(
        &self,
        post: RequestBuilder,
        fields: Vec<(&'static str, String)>,
        archive: Archive,
        progress: impl FnMut(u64) + Send + 'static,
    ) -> Result<T, ClientError> {
        let answer = self.posted(post, fields, archive, progress).await?;
        let read = async { self.read(self.success(answer).await?).await };
        timeout(self.timeout(), read)
            .await
            .unwrap_or_else(|_| Err(self.late("the Agent's answer")))
    }

    /// The head of the answer.
    async fn posted(
        &self,
        post: RequestBuilder,
        fields: Vec<(&'static str, String)>,
        archive: Archive,
        mut progress: impl FnMut(u64) + Send + 'static,
    ) -> Result<Response, ClientError> {
        let sent = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&sent);
        let parts = archive.parts.inspect(move |part| {
            if let Ok(bytes) = part {
                let bytes = bytes.len() as u64;
                progress(counter.fetch_add(bytes, Ordering::Relaxed) + bytes);
            }
        });
        let file = Part::stream_with_length(Body::wrap_stream(parts), archive.size)
            .file_name(archive.name);
        let form = fields
            .into_iter()
            .fold(Form::new(), |form, (name, value)| form.text(name, value))
            .part("file", file);
        let mut request = std::pin::pin!(post.multipart(form).send());
        let mut seen = 0;
        loop {
            // Cancel-safe: the request is pinned outside and goes on in the next turn.
            tokio::select! {
                answer = &mut request => return answer.map_err(|error| self.broken(error)),
                () = sleep(self.timeout()) => {
                    let now = sent.load(Ordering::Relaxed);
                    if now == seen {
                        return Err(self.late("the upload, standing still,"));
                    }
                    seen = now;
                }
            }
        }
    }
    fn late(&self, what: &str) -> ClientError {
        ClientError::Timeout {
            what: what.to_owned(),
            after: self.timeout(),
        }
    }
}
