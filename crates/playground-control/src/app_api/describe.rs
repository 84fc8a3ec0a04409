//! What Gradio's `/config` and `/info` say, in our words. Pure and total: an app may say anything.

use playground_types::wire::{AppApi, AppEndpoint, AppParameter, AppReturn, CallStyle};
use serde_json::Value;

/// Most functions that are told of.
const MOST_ENDPOINTS: usize = 200;
/// Most things that one takes or returns.
const MOST_PARTS: usize = 100;
/// Longest text of the app's, in characters.
const LONGEST_TEXT: usize = 300;
/// Longest example, as JSON, in bytes.
const LONGEST_EXAMPLE: usize = 16 * 1024;

/// Where an app's API is below its address. Gradio 5 and later say so; what is no plain path is not believed.
pub(super) fn prefix(config: &Value) -> &str {
    let said = config["api_prefix"].as_str().unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-/".contains(c);
    let is_path = said.starts_with('/') && !said.starts_with("//") && said.len() < 100;
    if is_path && said.chars().all(is_plain) {
        said.trim_end_matches('/')
    } else {
        ""
    }
}

/// Both documents together.
pub(super) fn describe(config: &Value, info: &Value) -> AppApi {
    let gradio = config["version"].as_str().map(short);
    let style = match &gradio {
        Some(version) if version.starts_with("3.") => CallStyle::Run,
        _ => CallStyle::Call,
    };
    let endpoints = info["named_endpoints"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| is_name(name))
        .take(MOST_ENDPOINTS)
        .map(|(name, said)| AppEndpoint {
            name: name.clone(),
            style,
            parameters: parts(&said["parameters"]).map(parameter).collect(),
            returns: parts(&said["returns"]).map(returned).collect(),
        })
        .collect();
    AppApi {
        prefix: prefix(config).to_owned(),
        gradio,
        endpoints,
    }
}

/// `/predict`: it becomes part of an address.
fn is_name(name: &str) -> bool {
    let Some(word) = name.strip_prefix('/') else {
        return false;
    };
    !word.is_empty()
        && word.len() <= 200
        && !word.chars().any(|c| c.is_control() || "/?#%\\".contains(c))
}

fn parts(said: &Value) -> impl Iterator<Item = &Value> {
    said.as_array().into_iter().flatten().take(MOST_PARTS)
}

fn parameter(said: &Value) -> AppParameter {
    let has_default = said["parameter_has_default"] == Value::Bool(true);
    let default = Some(&said["parameter_default"]).filter(|it| has_default && !it.is_null());
    let example = default.unwrap_or(&said["example_input"]);
    AppParameter {
        name: said["parameter_name"].as_str().map(short),
        label: text(&said["label"]),
        python_type: text(&said["python_type"]["type"]),
        has_default,
        example: Some(example)
            .filter(|it| it.to_string().len() <= LONGEST_EXAMPLE)
            .cloned()
            .unwrap_or_default(),
    }
}

fn returned(said: &Value) -> AppReturn {
    AppReturn {
        label: text(&said["label"]),
        python_type: text(&said["python_type"]["type"]),
    }
}

fn text(said: &Value) -> String {
    said.as_str().map(short).unwrap_or_default()
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_function_of_gradio_6_is_described() {
        let config = json!({"version": "6.31.0", "api_prefix": "/gradio_api"});
        let info = json!({"named_endpoints": {"/inspect": {
            "parameters": [
                {"label": "Picture", "parameter_name": "image", "parameter_has_default": false, "parameter_default": null,
                 "python_type": {"type": "dict(path: str)", "description": ""}, "example_input": {"path": "x.png", "meta": {}}},
                {"label": "Colours", "parameter_name": "count", "parameter_has_default": true, "parameter_default": 4,
                 "python_type": {"type": "float"}, "example_input": 3}],
            "returns": [{"label": "Result", "python_type": {"type": "str"}}]}}});
        let api = describe(&config, &info);
        assert_eq!(
            (api.gradio.as_deref(), api.prefix.as_str()),
            (Some("6.31.0"), "/gradio_api")
        );
        let endpoint = &api.endpoints[0];
        assert_eq!(
            (endpoint.name.as_str(), endpoint.style),
            ("/inspect", CallStyle::Call)
        );
        let examples: Vec<&Value> = endpoint.parameters.iter().map(|it| &it.example).collect();
        assert_eq!(examples, [&json!({"path": "x.png", "meta": {}}), &json!(4)]);
        assert_eq!(endpoint.returns[0].python_type, "str");
    }

    #[test]
    fn gradio_3_is_called_in_its_own_way_and_has_no_prefix() {
        let info = json!({"named_endpoints": {"/predict": {"parameters": [{"label": "x"}], "returns": []}}});
        let api = describe(&json!({"version": "3.50.2"}), &info);
        assert_eq!(api.prefix, "");
        assert_eq!(api.endpoints[0].style, CallStyle::Run);
        assert_eq!(api.endpoints[0].parameters[0].name, None);
    }

    #[test]
    fn what_a_hostile_app_says_stays_small_and_leads_nowhere() {
        for said in ["//evil.example", "/a?b", "http://x", "/../../x", ""] {
            assert_eq!(prefix(&json!({ "api_prefix": said })), "", "{said}");
        }
        let many: serde_json::Map<String, Value> = (0..1000)
            .map(|n| {
                let parameter =
                    json!({"label": "x".repeat(10_000), "example_input": "y".repeat(100_000)});
                (format!("/f{n}"), json!({"parameters": vec![parameter; 1]}))
            })
            .chain(
                ["/a/b", "/a?b", "noslash", "/", "/a\nb"].map(|name| (name.to_owned(), json!({}))),
            )
            .collect();
        let api = describe(&Value::Null, &json!({ "named_endpoints": many }));
        assert_eq!(api.endpoints.len(), MOST_ENDPOINTS);
        assert!(api.endpoints.iter().all(|it| it.name.starts_with("/f")));
        let parameter = &api.endpoints[0].parameters[0];
        assert_eq!(parameter.label.len(), LONGEST_TEXT);
        assert_eq!(parameter.example, Value::Null);
        for nonsense in [json!([1]), json!("x"), json!({"named_endpoints": 7})] {
            assert_eq!(describe(&nonsense, &nonsense).endpoints, []);
        }
    }
}
