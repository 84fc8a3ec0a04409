//! The body of a create, from JSON and from a form: real clients send both, and mean the same.
//!
//! A form carries objects as JSON text, labels as repeated parts, and the archive as its last part `file`. Parts are
//! understood by their name; their content type says nothing.

use std::error::Error as _;
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use axum::body::{Body, Bytes};
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::http::StatusCode;
use http_body_util::LengthLimitError;
use playground_types::env::{Envs, Params};
use playground_types::wire::OnExisting;
use playground_types::{Limits, ModelId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::error::ApiError;

/// Most bytes of a form's text parts, and of a JSON body.
pub(crate) const TEXT_BYTES: usize = 2 * 1024 * 1024;
/// Longest label.
const LABEL_BYTES: usize = 200;
/// Most labels.
const LABELS: usize = 64;

/// What to create. `file` exists in forms only.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct CreateBody {
    /// `code@version`, or a bare code beside `version`.
    #[serde(default)]
    pub(crate) plugin_release: Option<String>,
    /// The plugin's code.
    #[serde(default)]
    pub(crate) plugin: Option<String>,
    /// The plugin's version.
    #[serde(default)]
    pub(crate) version: Option<String>,
    /// The action that `entrypoint` belongs to; only `gradio` matters here.
    #[serde(default)]
    pub(crate) action: Option<String>,
    /// The app's file, used when config.yaml names none.
    #[serde(default)]
    pub(crate) entrypoint: Option<String>,
    /// The platform's model.
    #[serde(default)]
    pub(crate) model: Option<i64>,
    /// Given to the plugin as `PLUGIN_PARAMS`.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(crate) params: Option<Map<String, Value>>,
    /// Further environment variables.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(crate) envs: Option<Map<String, Value>>,
    /// Kept with the record.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(crate) metadata: Option<Map<String, Value>>,
    /// For filtering.
    #[serde(default)]
    pub(crate) labels: Option<Vec<String>>,
    /// Resource limits.
    #[serde(default)]
    pub(crate) limits: Option<Limits>,
    /// What to do when it is there already and nothing changed.
    #[serde(default)]
    pub(crate) on_existing: Option<OnExisting>,
    /// Whether a change of its code is made in the running container, within a second, and not by another image and another
    /// container: for whoever is writing the plugin. A change of its requirements is a build as ever.
    #[serde(default)]
    pub(crate) live: Option<bool>,
    /// `plugin_runtime`.
    #[serde(default)]
    pub(crate) kind: Option<String>,
    /// The platform backend's key of this container.
    #[serde(default)]
    pub(crate) backend_container_id: Option<i64>,
    /// The archive: zip, tar or tar.gz.
    #[serde(skip)]
    #[schema(value_type = Option<String>, format = Binary)]
    pub(crate) file: Option<File>,
}

impl CreateBody {
    /// The body of a JSON request.
    pub(crate) fn from_json(bytes: &[u8]) -> Result<Self, ApiError> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| {
            ApiError::bad_request(
                "json_invalid",
                format!("the request body is no JSON: {error}"),
            )
        })?;
        match value {
            Value::Object(fields) => Self::from_fields(fields),
            _ => Err(ApiError::bad_request(
                "json_invalid",
                "the request body must be a JSON object",
            )),
        }
    }

    /// The body of a form. The archive is written to a nameless file as fast as it comes.
    pub(crate) async fn from_form(
        mut form: Multipart,
        spool: &Path,
        file_bytes: u64,
    ) -> Result<Self, ApiError> {
        let mut fields = Map::new();
        let mut labels = Vec::new();
        let mut file = None;
        let mut left = TEXT_BYTES;
        while let Some(part) = form.next_field().await.map_err(broken_form)? {
            let name = part.name().unwrap_or_default().to_owned();
            if name == "file" || (name != "labels" && part.file_name().is_some()) {
                file = Some(spool_part(part, spool, file_bytes).await?);
                continue;
            }
            let text = text_part(part, &mut left).await?;
            if name == "labels" {
                labels.extend(labels_in(&text));
            } else {
                fields.insert(name.clone(), form_value(&name, text)?);
            }
        }
        if !labels.is_empty() {
            fields.insert("labels".to_owned(), labels.into());
        }
        Ok(Self {
            file,
            ..Self::from_fields(fields)?
        })
    }

    /// The fields of either, with the liberties that clients take.
    fn from_fields(mut fields: Map<String, Value>) -> Result<Self, ApiError> {
        fields.retain(|_, value| !value.is_null());
        if let Some(Value::String(text)) = fields.get("labels") {
            let labels = labels_in(text);
            fields.insert("labels".to_owned(), labels.into());
        }
        for name in ["plugin_release", "plugin", "version"] {
            // YAML readers turn a version of 1.0 into a number.
            if let Some(number @ Value::Number(_)) = fields.get(name) {
                let text = number.to_string();
                fields.insert(name.to_owned(), text.into());
            }
        }
        let body: Self = serde_json::from_value(Value::Object(fields)).map_err(|error| {
            ApiError::bad_request(
                "field_invalid",
                format!("a field is not what is expected: {error}"),
            )
        })?;
        body.check()?;
        Ok(body)
    }

    fn check(&self) -> Result<(), ApiError> {
        if self.model.is_some_and(|model| model < 0) {
            return Err(ApiError::bad_request(
                "model_invalid",
                "model must not be negative",
            ));
        }
        if let Some(kind) = self
            .kind
            .as_deref()
            .filter(|kind| *kind != "plugin_runtime")
        {
            return Err(ApiError::bad_request(
                "kind_invalid",
                format!("this Agent runs no containers of kind {kind:?}"),
            )
            .with_hint("Leave kind away, or send plugin_runtime."));
        }
        let labels = self.labels.as_deref().unwrap_or_default();
        if labels.len() > LABELS {
            return Err(ApiError::bad_request(
                "label_invalid",
                format!("at most {LABELS} labels are possible"),
            ));
        }
        match labels.iter().find(|label| {
            label.is_empty() || label.len() > LABEL_BYTES || label.contains(char::is_control)
        }) {
            Some(label) => Err(ApiError::bad_request(
                "label_invalid",
                format!("{label:?} is not a label"),
            )
            .with_hint("A label has 1 to 200 bytes and no control characters.")),
            None => Ok(()),
        }
    }

    /// The model.
    pub(crate) fn model(&self) -> Option<ModelId> {
        self.model.map(ModelId)
    }

    /// The checked params.
    pub(crate) fn params(&mut self) -> Result<Params, ApiError> {
        Ok(Params::checked(self.params.take().unwrap_or_default())?)
    }

    /// The checked environment.
    pub(crate) fn envs(&mut self) -> Result<Envs, ApiError> {
        Ok(Envs::checked(self.envs.take().unwrap_or_default())?)
    }
}

/// A text part as JSON: what should be an object or a number is read as such, everything else stays text.
fn form_value(name: &str, text: String) -> Result<Value, ApiError> {
    match name {
        "params" | "envs" | "metadata" | "limits" | "model" | "backend_container_id" | "live" => {
            if text.trim().is_empty() {
                return Ok(Value::Null);
            }
            serde_json::from_str(&text).map_err(|error| {
                ApiError::bad_request(
                    "field_invalid",
                    format!("the form field {name} is no JSON: {error}"),
                )
            })
        }
        _ => Ok(Value::String(text)),
    }
}

/// Labels as JSON text, as a comma list, or one.
fn labels_in(text: &str) -> Vec<String> {
    if let Ok(list) = serde_json::from_str::<Vec<String>>(text) {
        return list;
    }
    text.split(',')
        .map(|label| label.trim().to_owned())
        .filter(|label| !label.is_empty())
        .collect()
}

async fn text_part(part: Field<'_>, left: &mut usize) -> Result<String, ApiError> {
    let mut part = part;
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(broken_form)? {
        *left = left.checked_sub(chunk.len()).ok_or_else(|| {
            ApiError::too_large("body_too_large", "the form's text fields are too large")
        })?;
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes)
        .map_err(|_| ApiError::bad_request("field_invalid", "a form field is not UTF-8"))
}

async fn spool_part(part: Field<'_>, spool: &Path, limit: u64) -> Result<File, ApiError> {
    let mut part = part;
    let failed = |source| playground_control::ControlError::Disk {
        path: spool.to_owned(),
        source,
    };
    let mut file = tempfile::tempfile_in(spool).map_err(failed)?;
    let mut left = limit;
    while let Some(chunk) = part.chunk().await.map_err(broken_form)? {
        left = left.checked_sub(chunk.len() as u64).ok_or_else(|| {
            ApiError::too_large(
                "archive_too_large",
                format!("the archive has more than {limit} bytes"),
            )
        })?;
        // A write to the page cache of a spool file is shorter than handing it to another thread.
        file.write_all(&chunk).map_err(failed)?;
    }
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(file)
}

fn broken_form(error: MultipartError) -> ApiError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::too_large("body_too_large", "the request body is too large")
        }
        _ => ApiError::stalled(&error).unwrap_or_else(|| {
            ApiError::bad_request(
                "form_invalid",
                format!("the form is broken or was cut off: {}", error.body_text()),
            )
        }),
    }
}

/// All of a body that is JSON.
pub(crate) async fn json_bytes(body: Body) -> Result<Bytes, ApiError> {
    axum::body::to_bytes(body, TEXT_BYTES)
        .await
        .map_err(|error| match error.source() {
            Some(cause) if cause.is::<LengthLimitError>() => {
                ApiError::too_large("body_too_large", "the request body is too large")
            }
            _ => ApiError::stalled(&error).unwrap_or_else(|| {
                ApiError::bad_request("body_cut_off", "the request body was cut off")
            }),
        })
}

/// A small JSON object. None sent is an empty one.
pub(crate) async fn json_object<T: DeserializeOwned + Default>(body: Body) -> Result<T, ApiError> {
    match &*json_bytes(body).await? {
        b"" | b"null" => Ok(T::default()),
        bytes => serde_json::from_slice(bytes).map_err(|error| {
            let message = format!("the request body is no JSON object of this kind: {error}");
            ApiError::bad_request("json_invalid", message)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body(value: Value) -> Result<CreateBody, ApiError> {
        CreateBody::from_json(value.to_string().as_bytes())
    }

    #[test]
    fn labels_come_as_a_list_as_json_text_or_with_commas() {
        for labels in [json!(["a", "b"]), json!("[\"a\", \"b\"]"), json!("a, b")] {
            assert_eq!(
                body(json!({ "labels": labels })).unwrap().labels,
                Some(vec!["a".to_owned(), "b".to_owned()])
            );
        }
    }

    #[test]
    fn nulls_are_absent_and_a_numeric_version_is_text() {
        let body = body(json!({"plugin": null, "plugin_release": "x", "version": 1.5, "model": 0}))
            .unwrap();
        assert_eq!(
            (body.plugin, body.version.as_deref(), body.model),
            (None, Some("1.5"), Some(0))
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for wrong in [
            json!([]),
            json!({"model": -1}),
            json!({"model": "x"}),
            json!({"params": []}),
            json!({"kind": "code_server"}),
            json!({"labels": ["a\nb"]}),
        ] {
            assert!(body(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
