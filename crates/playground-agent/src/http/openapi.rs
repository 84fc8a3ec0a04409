//! The OpenAPI 3.1 document: generated from the handlers, committed at `openapi/agent.json`, compared by a test.

use axum::Json;
use playground_types::wire::ErrorBody;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};

/// This API as an OpenAPI 3.1 document.
#[utoipa::path(get, path = "/openapi.json", tag = "health",
    responses((status = 200, description = "OpenAPI 3.1"), (status = 401, body = ErrorBody)))]
pub(crate) async fn document() -> Json<OpenApi> {
    Json(generate())
}

/// The document as it is committed.
pub fn openapi_json() -> String {
    let mut text = generate().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn generate() -> OpenApi {
    let mut document = super::guarded().merge(super::open()).into_openapi();
    document.info.title = "Synapse Playground Agent".to_owned();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.info.description = Some(
        "Builds plugins into images and runs them as isolated Gradio containers. Every path also works with a trailing slash."
            .to_owned(),
    );
    document.info.license = None;
    document.info.contact = None;
    let token = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        "Authorization",
        "The Agent's token, raw or behind `Bearer` or `Token`.",
    )));
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
        "synapse-session-AGENT",
        "One half of a session: AGENT is the end of the Agent's id, and over https `__Host-` stands before it.",
    )));
    let key = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        "X-Synapse-Key",
        "The other half of a session, from POST /session.",
    )));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("token", token);
    components.add_security_scheme("session_cookie", cookie);
    components.add_security_scheme("session_key", key);
    name_operations(&mut document);
    let no_scopes: [&str; 0] = [];
    document.security = Some(vec![
        SecurityRequirement::new("token", no_scopes),
        SecurityRequirement::new("session_cookie", no_scopes).add("session_key", no_scopes),
    ]);
    document
}

/// Operations are named after their method and path: the handlers' own names are not unique, and clients that are made from
/// the document take one operation for another then.
fn name_operations(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let words: String = path
            .split(['/', '.'])
            .map(|part| part.trim_matches(['{', '}']))
            .filter(|part| !part.is_empty())
            .flat_map(|part| ["_", part])
            .collect();
        let operations = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("patch", &mut item.patch),
            ("put", &mut item.put),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}{words}"));
            }
        }
    }
}
