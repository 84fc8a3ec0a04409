//! Environment variables a caller may set, the params beside them, and what counts as a secret.
//!
//! The limits come from Linux and Docker, not from taste: one `NAME=VALUE` string may hold 131,072 bytes
//! (`MAX_ARG_STRLEN`); past that Docker creates and starts the container, and it exits at once with "argument list too
//! long". So the limit is checked before Docker is asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::unmask::{self, Masked};

/// Longest params, as JSON text, in bytes.
pub const MAX_PARAMS_BYTES: usize = 128_000;
/// Most variables in one request.
pub const MAX_ENVS: usize = 100;
/// Longest value of one variable, in bytes.
pub const MAX_VALUE_BYTES: usize = 32 * 1024;
/// Longest name of one variable, in bytes.
pub const MAX_NAME_BYTES: usize = 128;
/// What stands where a secret's value would.
pub const MASK: &str = "********";

/// Names that a caller may not set, each because it would break the contract or the cage.
const DENIED: &[&str] = &[
    "PLUGIN_PARAMS",
    "GRADIO_SERVER_NAME",
    "GRADIO_SERVER_PORT",
    "GRADIO_ROOT_PATH",
    "GRADIO_VIBE_MODE",
    "GRADIO_WATCH_DIRS",
    "PATH",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "NVIDIA_VISIBLE_DEVICES",
    "NVIDIA_DRIVER_CAPABILITIES",
];

/// Name prefixes that a caller may not set.
const DENIED_PREFIXES: &[&str] = &["SYNAPSE_", "GRADIO_SHARE", "GRADIO_NODE_", "LD_", "DOCKER_"];

/// Parts of a name that mark its value as a secret.
const SECRET_MARKS: &[&str] = &[
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "APIKEY",
    "API_KEY",
    "ACCESS_KEY",
    "PRIVATE",
    "CREDENTIAL",
];

/// Endings of a name that mark its value as a secret.
const SECRET_ENDINGS: &[&str] = &["_KEY", "_PAT", "_PWD", "_DSN", "_AUTH"];

/// What is wrong with an environment variable or the params.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvError {
    /// The name breaks the grammar `[A-Za-z_][A-Za-z0-9_]{0,127}`.
    #[error(
        "envs: {0:?} is not a variable name: use letters, digits and '_', not starting with a digit, at most 128 characters"
    )]
    Name(String),
    /// The Agent or the cage owns this variable.
    #[error("envs: {0:?} cannot be set here, the Agent owns it")]
    Denied(String),
    /// A value has a NUL byte, which no process can receive.
    #[error("envs: the value of {0:?} contains a NUL byte")]
    Nul(String),
    /// A value is longer than [`MAX_VALUE_BYTES`].
    #[error(
        "envs: the value of {name:?} has {bytes} bytes, at most {MAX_VALUE_BYTES} are possible"
    )]
    ValueTooLong {
        /// The variable.
        name: String,
        /// Its value's length.
        bytes: usize,
    },
    /// A value is neither text, number nor boolean.
    #[error("envs: the value of {0:?} must be text")]
    NotText(String),
    /// More than [`MAX_ENVS`] variables.
    #[error("envs: {0} variables were given, at most {MAX_ENVS} are possible")]
    TooMany(usize),
    /// The params do not fit into one environment variable.
    #[error("params have {0} bytes as JSON, at most {MAX_PARAMS_BYTES} fit into PLUGIN_PARAMS")]
    ParamsTooLarge(usize),
    /// A value is the mask of one that is not there.
    #[error(transparent)]
    Masked(#[from] Masked),
}

impl EnvError {
    /// The stable code of this error on the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name(_) => "env_name_invalid",
            Self::Denied(_) => "env_name_denied",
            Self::Nul(_) | Self::ValueTooLong { .. } | Self::NotText(_) => "env_value_invalid",
            Self::TooMany(_) => "env_too_many",
            Self::ParamsTooLarge(_) => "params_too_large",
            Self::Masked(masked) => masked.code(),
        }
    }
}

/// Checked environment variables, in the order of their names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Envs(BTreeMap<String, String>);

/// The params of a container: a JSON object small enough for `PLUGIN_PARAMS`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Params(Map<String, Value>);

impl Envs {
    /// Checks what a caller sent. Numbers and booleans become their JSON text, since clients do send them.
    pub fn checked(given: Map<String, Value>) -> Result<Self, EnvError> {
        if given.len() > MAX_ENVS {
            return Err(EnvError::TooMany(given.len()));
        }
        given
            .into_iter()
            .map(checked_pair)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Every variable, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a value is only a mask.
    pub fn has_mask(&self) -> bool {
        self.0.values().any(|value| value == MASK)
    }

    /// These variables, where a masked one is what it was before.
    pub fn unmasked(self, before: Option<&Self>) -> Result<Self, EnvError> {
        let envs = unmask::envs(self.0, before.map(|before| &before.0))?;
        Ok(Self(envs))
    }

    /// The variables with the values of secret-looking names masked: what may be shown.
    pub fn masked(&self) -> BTreeMap<String, String> {
        self.iter()
            .map(|(name, value)| (name.to_owned(), masked(name, value).to_owned()))
            .collect()
    }
}

impl Params {
    /// Checks that the params fit into one environment variable.
    pub fn checked(params: Map<String, Value>) -> Result<Self, EnvError> {
        let params = Self(params);
        let bytes = params.to_json().len();
        if bytes > MAX_PARAMS_BYTES {
            Err(EnvError::ParamsTooLarge(bytes))
        } else {
            Ok(params)
        }
    }

    /// The value of `PLUGIN_PARAMS`.
    pub fn to_json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// Whether a value, at any depth, is only a mask.
    pub fn has_mask(&self) -> bool {
        self.0.values().any(unmask::has_mask)
    }

    /// These params, where a masked value is what stood at its place before.
    pub fn unmasked(self, before: Option<&Self>) -> Result<Self, EnvError> {
        Self::checked(unmask::params(self.0, before.map(|before| &before.0))?)
    }

    /// The params with the values of secret-looking keys masked, at any depth.
    pub fn masked(&self) -> Value {
        masked_json(&Value::Object(self.0.clone()))
    }
}

/// JSON with the values of secret-looking keys masked, at any depth.
pub fn masked_json(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, inner)| {
                    let shown = if looks_secret(key) && !inner.is_null() {
                        MASK.into()
                    } else {
                        masked_json(inner)
                    };
                    (key.clone(), shown)
                })
                .collect(),
        ),
        Value::Array(items) => items.iter().map(masked_json).collect(),
        other => other.clone(),
    }
}

/// The value of a variable as it may be shown.
pub fn masked<'a>(name: &str, value: &'a str) -> &'a str {
    if looks_secret(name) { MASK } else { value }
}

/// Whether a name says that its value is a secret, such as `HF_TOKEN` or `db_password`.
pub fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase().replace('-', "_");
    SECRET_MARKS.iter().any(|mark| name.contains(mark))
        || SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending))
        || matches!(name.as_str(), "KEY" | "AUTH" | "AUTHORIZATION")
}

fn checked_pair((name, value): (String, Value)) -> Result<(String, String), EnvError> {
    let grammar = name.len() <= MAX_NAME_BYTES
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !grammar {
        return Err(EnvError::Name(name));
    }
    if DENIED.contains(&name.as_str())
        || DENIED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
    {
        return Err(EnvError::Denied(name));
    }
    let value = match value {
        Value::String(text) => text,
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return Err(EnvError::NotText(name)),
    };
    if value.contains('\0') {
        return Err(EnvError::Nul(name));
    }
    if value.len() > MAX_VALUE_BYTES {
        return Err(EnvError::ValueTooLong {
            name,
            bytes: value.len(),
        });
    }
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(value: Value) -> Result<Envs, EnvError> {
        Envs::checked(value.as_object().unwrap().clone())
    }

    /// docs/security.md, item 24.
    #[test]
    fn item_24_bad_names_are_refused_by_name() {
        for name in ["A B", "1A", "=x", "A\nB", "", "한글"] {
            assert_eq!(
                checked(json!({ name: "x" })),
                Err(EnvError::Name(name.into()))
            );
        }
        for name in [
            "LD_PRELOAD",
            "GRADIO_SHARE",
            "PATH",
            "PLUGIN_PARAMS",
            "SYNAPSE_ENTRYPOINT",
        ] {
            assert_eq!(
                checked(json!({ name: "x" })),
                Err(EnvError::Denied(name.into()))
            );
        }
        assert_eq!(
            checked(json!({"A": "a\u{0}b"})),
            Err(EnvError::Nul("A".into()))
        );
    }

    /// docs/security.md, item 24: the seed's own variable, and values byte for byte.
    #[test]
    fn item_24_ordinary_values_arrive_as_they_are() {
        let envs = checked(json!({"CUDA_VISIBLE_DEVICES": "0", "GREETING": "안녕 👋\n둘째 줄", "N": 3, "FLAG": true})).unwrap();
        let pairs: Vec<_> = envs.iter().collect();
        assert_eq!(
            pairs,
            [
                ("CUDA_VISIBLE_DEVICES", "0"),
                ("FLAG", "true"),
                ("GREETING", "안녕 👋\n둘째 줄"),
                ("N", "3")
            ]
        );
    }

    /// docs/security.md, item 23.
    #[test]
    fn item_23_params_that_do_not_fit_are_refused() {
        let fits = json!({"x": "a".repeat(MAX_PARAMS_BYTES - 8)});
        assert_eq!(fits.to_string().len(), MAX_PARAMS_BYTES);
        assert!(Params::checked(fits.as_object().unwrap().clone()).is_ok());
        let over = json!({"x": "a".repeat(MAX_PARAMS_BYTES - 7)});
        assert_eq!(
            Params::checked(over.as_object().unwrap().clone()),
            Err(EnvError::ParamsTooLarge(MAX_PARAMS_BYTES + 1))
        );
    }

    /// docs/security.md, item 25.
    #[test]
    fn item_25_secret_looking_names_are_masked_at_any_depth() {
        for name in [
            "HF_TOKEN",
            "db_password",
            "AWS_SECRET_ACCESS_KEY",
            "openai-api-key",
            "SENTRY_DSN",
            "key",
        ] {
            assert!(looks_secret(name), "{name}");
        }
        for name in ["CUDA_VISIBLE_DEVICES", "MONKEY", "input_size", "KEYBOARD"] {
            assert!(!looks_secret(name), "{name}");
        }
        let shown = masked_json(&json!({"a": [{"hf_token": "canary"}], "b": 1}));
        assert_eq!(shown, json!({"a": [{"hf_token": MASK}], "b": 1}));
    }
}
