//! The models that runs may be given: attractor-llm's catalog.

use attractor_llm::catalog::{ModelInfo, list_models};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::error::{ErrorBody, Refusal};
use super::extract::{Query, invalid_field};
use super::respond::{self, Answer};
use crate::domain::Error;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelProviders)]
pub(super) struct Providers {
    /// Their names, sorted.
    providers: Vec<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ModelsQuery {
    /// One of `GET /api/models/providers`.
    #[serde(default)]
    #[param(value_type = String, required = true, example = "anthropic")]
    provider: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Models {
    provider: String,
    /// Its models, sorted by id.
    models: Vec<Model>,
}

/// A model; beside the contract's four fields what is known of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Model {
    id: String,
    name: String,
    provider: String,
    /// The protocol that it's spoken to with.
    #[schema(example = "anthropic-messages")]
    api: &'static str,
    /// The most tokens of prompt and answer together.
    context_window: u64,
    /// The most tokens of an answer.
    max_output: Option<u64>,
    /// The levels of `reasoningLevel` that it has.
    reasoning_levels: Vec<&'static str>,
}

fn model(info: &'static ModelInfo) -> Model {
    Model {
        id: info.id.clone(),
        name: info.display_name.clone(),
        provider: info.provider.clone(),
        api: match info.provider.as_str() {
            "anthropic" => "anthropic-messages",
            "openai" => "openai-responses",
            "gemini" => "google-generative-ai",
            _ => "openai-completions",
        },
        context_window: info.context_window,
        max_output: info.max_output,
        reasoning_levels: info.thinking_levels(),
    }
}

/// The providers of the catalog.
#[utoipa::path(get, path = "/api/models/providers", tag = "models", responses(
    (status = 200, body = Providers),
))]
pub(super) async fn providers() -> Answer {
    let mut providers: Vec<String> = list_models(None)
        .into_iter()
        .map(|info| info.provider.clone())
        .collect();
    providers.sort_unstable();
    providers.dedup();
    respond::json(StatusCode::OK, &Providers { providers })
}

/// The models of one provider.
#[utoipa::path(get, path = "/api/models", tag = "models", params(ModelsQuery), responses(
    (status = 200, body = Models),
    (status = 404, description = "The catalog doesn't have the provider", body = ErrorBody),
))]
pub(super) async fn list(Query(query): Query<ModelsQuery>) -> Answer {
    let provider = query.provider.filter(|it| !it.is_empty());
    let provider =
        provider.ok_or_else(|| Refusal::from(invalid_field("provider", "it is required")))?;
    let mut models: Vec<Model> = list_models(Some(&provider))
        .into_iter()
        .map(model)
        .collect();
    if models.is_empty() {
        return Err(Error::not_found("provider").into());
    }
    models.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    respond::ok(&Models { provider, models })
}
