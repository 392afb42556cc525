use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What form the answer takes.
///
/// Source: unified-llm-spec 3.10.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResponseFormat {
    /// Free text.
    Text,
    /// Any JSON.
    Json,
    /// JSON that fits a schema.
    JsonSchema {
        /// The schema.
        json_schema: Value,
        /// Whether the provider enforces it exactly.
        #[serde(default)]
        strict: bool,
    },
}

impl ResponseFormat {
    /// JSON that fits `json_schema`, enforced exactly where the provider can.
    #[must_use]
    pub fn json_schema(json_schema: Value) -> Self {
        Self::JsonSchema {
            json_schema,
            strict: true,
        }
    }
}
