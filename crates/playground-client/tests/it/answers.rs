//! Recorded answers.

use axum::body::{Body, Bytes};
use axum::response::Response;
use serde_json::{Value, json};

pub(crate) fn answer(status: u16, body: &Value) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

/// A stream of events that comes in these parts, and then breaks off.
pub(crate) fn events(parts: &[&str]) -> Response {
    let parts: Vec<_> = parts
        .iter()
        .map(|part| Bytes::copy_from_slice(part.as_bytes()))
        .collect();
    let body = async_stream::stream! {
        for part in parts {
            yield Ok(part);
            // What is written so far goes out before the rest is looked at.
            tokio::task::yield_now().await;
        }
        yield Err(std::io::Error::other("the connection is cut here"));
    };
    Response::builder()
        .header("content-type", "text/event-stream")
        .body(Body::from_stream(body))
        .unwrap()
}

pub(crate) fn container(pk: i64) -> Value {
    json!({
        "id": "0123456789ab", "pk": pk, "name": format!("quirky_einstein_{pk}"), "status": "running",
        "plugin_release": "my-plugin@1.0.0", "model": null, "image": "synapse-plugin-my-plugin-1.0.0",
        "endpoint": "http://127.0.0.1:7860", "url": "http://127.0.0.1:7860", "host_port": 7860,
        "labels": [], "metadata": {}, "params": {}, "envs": {},
        "limits": {"memory_bytes": 2147483648_u64, "cpus": 2.0, "pids": 512, "open_files": 4096,
            "shm_bytes": 67108864, "disk_bytes": 2147483648_u64},
        "kind": "plugin_runtime", "backend_container_id": null, "failure": null,
        "created_at": "2026-11-22T15:00:00.000Z", "updated_at": "2026-11-22T15:00:01.000Z",
        "a_field_of_a_later_generation": true
    })
}

pub(crate) fn created(pk: i64) -> Value {
    let mut body = container(pk);
    let more = json!({
        "build_id": "0198c0de-0000-7000-8000-000000000001", "ws_url": "ws://x/", "sse_url": "http://x/",
        "status_url": "http://x/"
    });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

pub(crate) fn launch(status: &str) -> Value {
    json!({
        "build_id": "b1", "id": "b1", "status": status, "plugin_release": "my-plugin@1.0.0", "container_pk": 1,
        "result": null, "error": null, "failure": null, "image_build": null,
        "created_at": "2026-11-22T15:00:00.000Z", "finished_at": null
    })
}

pub(crate) fn page(pks: &[i64], next: Option<&str>) -> Value {
    let results: Vec<_> = pks.iter().map(|pk| container(*pk)).collect();
    json!({"count": 5, "next": next, "previous": null, "results": results})
}
