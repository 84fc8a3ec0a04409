//! Docker's own view of a container (`attrs` in the seed), with nothing in it that a reader of the API should not see.

use playground_engine::EngineError;
use playground_store::ContainerRow;
use playground_types::EngineId;
use playground_types::env::{MASK, masked, masked_json};
use serde_json::Value;

use crate::Control;

impl Control {
    /// What Docker says about a record's container; null when there is none.
    pub async fn attrs(&self, row: &ContainerRow) -> Result<Value, EngineError> {
        match &row.engine_id {
            Some(id) => Ok(self.raw_view(id).await?.unwrap_or(Value::Null)),
            None => Ok(Value::Null),
        }
    }

    async fn raw_view(&self, id: &EngineId) -> Result<Option<Value>, EngineError> {
        Ok(self.engine.inspect_raw(id).await?.map(|mut raw| {
            mask_environment(&mut raw);
            raw
        }))
    }
}

/// Masks the values of secret-looking variables, inside `PLUGIN_PARAMS` too.
fn mask_environment(raw: &mut Value) {
    let Some(Value::Array(environment)) = raw.pointer_mut("/Config/Env") else {
        return;
    };
    for entry in environment {
        let Some((name, value)) = entry.as_str().and_then(|text| text.split_once('=')) else {
            continue;
        };
        let shown = if name == "PLUGIN_PARAMS" {
            serde_json::from_str(value).map_or_else(
                |_| MASK.to_owned(),
                |params| masked_json(&params).to_string(),
            )
        } else {
            masked(name, value).to_owned()
        };
        *entry = format!("{name}={shown}").into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// docs/security.md, item 25.
    #[test]
    fn item_25_docker_attributes_show_no_secret() {
        let mut raw = json!({"Config": {"Env": [
            "HF_TOKEN=canary", "PLUGIN_PARAMS={\"api_key\":\"canary\",\"size\":1}", "CUDA_VISIBLE_DEVICES=0"
        ]}});
        mask_environment(&mut raw);
        assert!(!raw.to_string().contains("canary"));
        assert_eq!(
            raw["Config"]["Env"][1],
            "PLUGIN_PARAMS={\"api_key\":\"********\",\"size\":1}"
        );
        assert_eq!(raw["Config"]["Env"][2], "CUDA_VISIBLE_DEVICES=0");
    }
}
