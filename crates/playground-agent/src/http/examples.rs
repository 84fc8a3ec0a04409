//! `examples/`: plugins to try. Whoever wants one downloads it and uploads it, as any plugin.

use axum::Json;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use playground_types::wire::{ErrorBody, Example};

use super::error::ApiError;
use super::extract::Path;
use crate::examples;

/// The plugins that come with the Agent, the best one to begin with first.
#[utoipa::path(get, path = "/examples", tag = "examples",
    responses((status = 200, body = Vec<Example>), (status = 401, body = ErrorBody)))]
pub(crate) async fn list() -> Json<Vec<Example>> {
    Json(examples::all().iter().map(view).collect())
}

/// One of them, as an archive for POST containers/.
#[utoipa::path(get, path = "/examples/{name}/archive", tag = "examples", params(("name" = String, Path,)),
    responses((status = 200, content_type = "application/zip", body = String), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub(crate) async fn archive(Path(name): Path<String>) -> Result<Response, ApiError> {
    let Some(example) = examples::all().iter().find(|it| it.name == name) else {
        return Err(ApiError::not_found(
            "example_unknown",
            format!("there is no example {name:?}"),
        ));
    };
    let file = format!("attachment; filename=\"{}.zip\"", example.name);
    let mut response = example.archive.clone().into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    if let Ok(file) = HeaderValue::from_str(&file) {
        headers.insert(CONTENT_DISPOSITION, file);
    }
    Ok(response)
}

fn view(example: &examples::Example) -> Example {
    let manifest = &example.manifest;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Example {
        name: example.name.to_owned(),
        title: text(&manifest.name),
        description: text(&manifest.description),
        description_ko: example.description_ko.to_owned(),
        plugin_release: format!("{}@{}", text(&manifest.code), text(&manifest.version)),
        size_bytes: example.archive.len() as u64,
    }
}
