//! What was shown masked and comes back so means: as it is. Whoever edits one param of an app need not know its secrets.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::env::MASK;

/// The place of a masked value that stands for nothing, such as `params.hub.token`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is masked, and there is no value that it could stand for")]
pub struct Masked(pub String);

impl Masked {
    /// The stable code of this error on the wire.
    pub fn code(&self) -> &'static str {
        "value_masked"
    }
}

/// Whether a value anywhere in there is masked.
pub(crate) fn has_mask(value: &Value) -> bool {
    match value {
        Value::String(text) => text == MASK,
        Value::Array(items) => items.iter().any(has_mask),
        Value::Object(fields) => fields.values().any(has_mask),
        _ => false,
    }
}

/// Params with what stood at the same places before.
pub(crate) fn params(
    given: Map<String, Value>,
    before: Option<&Map<String, Value>>,
) -> Result<Map<String, Value>, Masked> {
    fields(given, before, "params")
}

/// Variables with what they were before.
pub(crate) fn envs(
    given: BTreeMap<String, String>,
    before: Option<&BTreeMap<String, String>>,
) -> Result<BTreeMap<String, String>, Masked> {
    given
        .into_iter()
        .map(|(name, value)| {
            if value != MASK {
                return Ok((name, value));
            }
            let was = before.and_then(|before| before.get(&name)).cloned();
            let value = was.ok_or_else(|| Masked(format!("envs.{name}")))?;
            Ok((name, value))
        })
        .collect()
}

fn value(given: Value, before: Option<&Value>, place: &str) -> Result<Value, Masked> {
    match given {
        Value::String(text) if text == MASK => {
            before.cloned().ok_or_else(|| Masked(place.to_owned()))
        }
        Value::Object(given) => {
            fields(given, before.and_then(Value::as_object), place).map(Value::Object)
        }
        Value::Array(given) => {
            // In a list that became longer or shorter nobody knows which item is which, and one would get another's secret.
            let before = before
                .and_then(Value::as_array)
                .filter(|before| before.len() == given.len());
            let items = given.into_iter().enumerate().map(|(at, item)| {
                let was = before.map(|before| &before[at]);
                value(item, was, &format!("{place}[{at}]"))
            });
            items.collect::<Result<_, _>>().map(Value::Array)
        }
        other => Ok(other),
    }
}

fn fields(
    given: Map<String, Value>,
    before: Option<&Map<String, Value>>,
    place: &str,
) -> Result<Map<String, Value>, Masked> {
    given
        .into_iter()
        .map(|(name, given)| {
            let was = before.and_then(|before| before.get(&name));
            let found = value(given, was, &format!("{place}.{name}"))?;
            Ok((name, found))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::env::{Envs, Params, masked_json};

    fn unmasked(given: Value, before: &Value) -> Result<Value, String> {
        let given = given.as_object().unwrap().clone();
        params(given, before.as_object())
            .map(Value::Object)
            .map_err(|masked| masked.to_string())
    }

    #[test]
    fn what_was_shown_comes_back_as_it_is() {
        let before = json!({
            "a": 1, "hf_token": "s1", "credentials": {"user": "u", "n": [1]},
            "hubs": [{"api_key": "s2"}, {"api_key": null, "deep": {"password": "s3"}}]
        });
        let shown = masked_json(&before);
        assert!(has_mask(&shown) && !has_mask(&before));
        assert_eq!(unmasked(shown, &before), Ok(before));
    }

    #[test]
    fn what_is_changed_is_changed_and_only_that() {
        let before = json!({"hf_token": "s1", "api_key": "s2", "a": 1});
        let given = json!({"hf_token": MASK, "api_key": "new", "a": 2, "b": "***"});
        assert_eq!(
            unmasked(given, &before),
            Ok(json!({"hf_token": "s1", "api_key": "new", "a": 2, "b": "***"}))
        );
    }

    #[test]
    fn a_mask_that_stands_for_nothing_is_named() {
        let before = json!({"hubs": [{"token": "s1"}, {"token": "s2"}]});
        for (given, place) in [
            (json!({"token": MASK}), "params.token"),
            // Whose is it?
            (json!({"hubs": [{"token": MASK}]}), "params.hubs[0].token"),
            (json!({"hubs": {"token": MASK}}), "params.hubs.token"),
        ] {
            let said = unmasked(given, &before).unwrap_err();
            assert!(said.starts_with(&format!("{place} is masked")), "{said}");
        }
    }

    #[test]
    fn both_kinds_are_checked_again_once_they_are_whole() {
        let map = |value: Value| value.as_object().unwrap().clone();
        let before = Envs::checked(map(json!({"HF_TOKEN": "s"}))).unwrap();
        let shown = Envs::checked(map(json!({"HF_TOKEN": MASK}))).unwrap();
        assert!(shown.has_mask() && !before.has_mask());
        assert_eq!(shown.clone().unmasked(Some(&before)), Ok(before));
        let nothing = shown.unmasked(None).unwrap_err();
        assert_eq!(nothing.code(), "value_masked");

        let long = "x".repeat(100_000);
        let before = Params::checked(map(json!({ "token": long }))).unwrap();
        let given = Params::checked(map(json!({"token": MASK, "more": long}))).unwrap();
        let too_long = given.unmasked(Some(&before)).unwrap_err();
        assert_eq!(too_long.code(), "params_too_large");
    }
}
