use attractor_llm::catalog;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::Error;

/// Which model a run's stages ask that name none, and how.
///
/// Source: contract, 1.0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelConfig {
    /// A provider of the catalog.
    #[schema(min_length = 1, example = "anthropic")]
    pub provider: String,
    /// A model of that provider, by its id or an alias.
    #[schema(min_length = 1, example = "claude-opus-5-5")]
    pub model_id: String,
    /// How much it thinks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_level: Option<ReasoningLevel>,
    /// From 0 to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 2)]
    pub temperature: Option<f64>,
    /// The longest answer, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub max_tokens: Option<u32>,
}

/// How much a model thinks before it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ReasoningLevel {
    /// As little as it can.
    Minimal,
    /// A little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// As much as it can.
    Xhigh,
}

impl ModelConfig {
    /// The model as `provider/model`.
    pub fn model(&self) -> String {
        format!("{}/{}", self.provider, self.model_id)
    }

    /// Whether the catalog has the model and the numbers are in their ranges.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](super::ErrorKind::Invalid), naming the field.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |field: &str, why: String| {
            let error = Error::invalid("invalid_model_config", format!("{field} {why}"));
            Err(error.with_details(json!({ "field": field })))
        };
        let known = catalog::list_models(Some(&self.provider));
        if known.is_empty() {
            let why = format!("{:?} isn't known", self.provider);
            return refuse("modelConfig.provider", why);
        }
        let found = catalog::model_info(&self.model());
        if found.is_none_or(|info| !known.iter().any(|of| of.id == info.id)) {
            let (model, provider) = (&self.model_id, &self.provider);
            let why = format!(
                "{model:?} is no model of {provider}: GET /api/models?provider={provider} lists them"
            );
            return refuse("modelConfig.modelId", why);
        }
        if self
            .temperature
            .is_some_and(|it| !(0.0..=2.0).contains(&it))
        {
            return refuse("modelConfig.temperature", "must be from 0 to 2".to_owned());
        }
        if self.max_tokens == Some(0) {
            return refuse("modelConfig.maxTokens", "must be more than 0".to_owned());
        }
        Ok(())
    }
}
