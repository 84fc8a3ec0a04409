//! What a create asks for.

use std::collections::BTreeMap;

use playground_types::Limits;
use playground_types::wire::OnExisting;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::{Map, Value};

/// A create. Only what is set is sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CreateRequest {
    /// `code@version`, or a bare code for its newest release. May be left away beside an archive, which says it itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin_release: Option<String>,
    /// The platform's model. Containers of one release and different models are different containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<i64>,
    /// Given to the plugin as `PLUGIN_PARAMS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<Map<String, Value>>,
    /// Further environment variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub envs: Option<BTreeMap<String, String>>,
    /// Kept with the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// For filtering.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Resource limits; the Agent's defaults where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// What to do when the container is there already and nothing changed; a restart where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_existing: Option<OnExisting>,
    /// Whether a change of the code is made in the running container, for whoever is writing the plugin.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub live: bool,
    /// The app's file, used when the plugin's config names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<String>,
    /// Answer as soon as the launch is written, for whoever watches it (`Prefer: respond-async`, RFC 7240). Else the Agent
    /// holds the answer for some seconds, in case the app is ready by then.
    #[serde(skip)]
    pub answer_at_once: bool,
}

impl CreateRequest {
    /// A create of a release that the Agent knows.
    pub fn of(plugin_release: impl Into<String>) -> Self {
        Self {
            plugin_release: Some(plugin_release.into()),
            ..Self::default()
        }
    }

    /// What is said beside it.
    pub(crate) fn headers(&self) -> HeaderMap {
        let prefer = (
            HeaderName::from_static("prefer"),
            HeaderValue::from_static("respond-async"),
        );
        self.answer_at_once.then_some(prefer).into_iter().collect()
    }

    /// The same as parts of a form: objects as JSON text, labels repeated.
    pub(crate) fn form_fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = Vec::new();
        let mut add = |name, value: Option<String>| {
            if let Some(value) = value {
                fields.push((name, value));
            }
        };
        add("plugin_release", self.plugin_release.clone());
        add("model", self.model.map(|model| model.to_string()));
        add("params", self.params.as_ref().map(json));
        add("envs", self.envs.as_ref().map(json));
        add("metadata", self.metadata.as_ref().map(json));
        add("limits", self.limits.as_ref().map(json));
        add("on_existing", self.on_existing.map(word));
        add("entrypoint", self.entrypoint.clone());
        add("live", self.live.then(|| "true".to_owned()));
        for label in &self.labels {
            add("labels", Some(label.clone()));
        }
        fields
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn word(on_existing: OnExisting) -> String {
    match on_existing {
        OnExisting::Restart => "restart",
        OnExisting::Reuse => "reuse",
        OnExisting::Recreate => "recreate",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_the_same_as_the_json() {
        let request = CreateRequest {
            model: Some(0),
            params: serde_json::from_str(r#"{"말":"안녕"}"#).unwrap(),
            labels: vec!["a".into(), "b,c".into()],
            on_existing: Some(OnExisting::Reuse),
            ..CreateRequest::of("p@1")
        };
        assert_eq!(
            serde_json::to_string(&request).unwrap(),
            r#"{"plugin_release":"p@1","model":0,"params":{"말":"안녕"},"labels":["a","b,c"],"on_existing":"reuse"}"#
        );
        let expected = [
            ("plugin_release", "p@1"),
            ("model", "0"),
            ("params", r#"{"말":"안녕"}"#),
            ("on_existing", "reuse"),
            ("labels", "a"),
            ("labels", "b,c"),
        ];
        assert_eq!(
            request.form_fields(),
            expected.map(|(name, value)| (name, value.to_owned()))
        );
    }
}
