//! What a plugin's container is given, as options of `create`, `run` and `dev`.

use clap::Args;
use playground_client::CreateRequest;
use playground_types::Limits;
use serde_json::{Map, Value};

#[derive(Debug, Args)]
pub(crate) struct SettingsArgs {
    /// The platform's model; other models of a release are other containers
    #[arg(long)]
    model: Option<i64>,
    /// A parameter of the plugin: a JSON value, or else a text; repeat for more
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = pair, conflicts_with = "params")]
    param: Vec<(String, String)>,
    /// All parameters of the plugin, as a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    params: Option<Map<String, Value>>,
    /// An environment variable of the container; repeat for more
    #[arg(long, short, value_name = "NAME=VALUE", value_parser = pair)]
    env: Vec<(String, String)>,
    /// A label, for filtering; repeat for more
    #[arg(long, short)]
    label: Vec<String>,
    /// Kept with the container, as a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    metadata: Option<Map<String, Value>>,
    /// What the container may use, as a JSON object with any of `memory_bytes`, `cpus`, `disk_bytes`, `shm_bytes`, `pids`, `open_files`
    #[arg(long, value_name = "JSON", value_parser = limits)]
    limits: Option<Limits>,
}

impl SettingsArgs {
    pub(crate) fn request(&self) -> CreateRequest {
        let from_pairs = || {
            let named = |(name, value): &(String, String)| (name.clone(), json_or_text(value));
            (!self.param.is_empty()).then(|| self.param.iter().map(named).collect())
        };
        CreateRequest {
            model: self.model,
            params: self.params.clone().or_else(from_pairs),
            envs: (!self.env.is_empty()).then(|| self.env.iter().cloned().collect()),
            metadata: self.metadata.clone(),
            labels: self.label.clone(),
            limits: self.limits,
            // The launch is watched, from its first step on.
            answer_at_once: true,
            ..CreateRequest::default()
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text).map_err(|error| format!("it is no JSON object: {error}"))
}

fn limits(text: &str) -> Result<Limits, String> {
    let limits: Limits =
        serde_json::from_str(text).map_err(|error| format!("it is no JSON object: {error}"))?;
    limits.problem().map_or(Ok(limits), Err)
}

fn json_or_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_json_where_it_can_be() {
        assert_eq!(json_or_text("3"), Value::from(3));
        assert_eq!(json_or_text("[1]"), serde_json::json!([1]));
        assert_eq!(json_or_text("안녕"), Value::from("안녕"));
        assert_eq!(pair("A=b=c").unwrap(), ("A".to_owned(), "b=c".to_owned()));
        assert!(pair("=x").is_err() && pair("x").is_err());
    }
}
