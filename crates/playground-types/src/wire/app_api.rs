//! How programs use an app, as the app tells it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What of an app programs can call. Every text in it is the app's own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AppApi {
    /// The version of Gradio that it runs; null where it does not say so.
    pub gradio: Option<String>,
    /// Where its API is below its address: `/gradio_api` from Gradio 5 on, nothing before.
    pub prefix: String,
    /// The functions that have a name, in the app's order.
    pub endpoints: Vec<AppEndpoint>,
}

/// A function of an app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AppEndpoint {
    /// Its name, with a slash before it: `/predict`.
    pub name: String,
    /// How it is called over HTTP.
    pub style: CallStyle,
    /// What it takes, in this order.
    pub parameters: Vec<AppParameter>,
    /// What it returns, in this order.
    pub returns: Vec<AppReturn>,
}

/// How a function is called over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CallStyle {
    /// POST `{prefix}/call{name}` answers with an `event_id`; GET `{prefix}/call{name}/{event_id}` streams the result. From
    /// Gradio 4 on.
    Call,
    /// POST `/run{name}` answers with the result. Gradio 3.
    Run,
}

/// One thing that a function takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AppParameter {
    /// The name of the argument; null where the app's Gradio has none.
    pub name: Option<String>,
    /// What its field is called on the app's page.
    pub label: String,
    /// Its type, as Python writes it.
    pub python_type: String,
    /// Whether it may be left out.
    pub has_default: bool,
    /// A value that it takes: its default, else the example that Gradio gives.
    pub example: Value,
}

/// One thing that a function returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppReturn {
    /// What its field is called on the app's page.
    pub label: String,
    /// Its type, as Python writes it.
    pub python_type: String,
}
