//! The loaded catalog and the functions that search it.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Capability, Cost, ModelInfo};
use crate::types::Usage;

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::load);

/// Other names of providers.
const PROVIDER_ALIASES: &[(&str, &str)] = &[("google", "gemini"), ("claude", "anthropic")];

/// Facts about a model, by its id, an alias or `provider/model`.
///
/// An id that ends in a date (`-20251001`, `-2025-10-01`, `@20251001`) or in `-latest` and isn't
/// known as it stands is looked up without that end. Unknown models are `None`.
///
/// ```
/// use attractor_llm::catalog::model_info;
///
/// assert_eq!(model_info("anthropic/claude-opus-4-6").map(|model| model.max_output), Some(Some(128_000)));
/// assert_eq!(model_info("claude-opus-4-6-20260101").map(|model| model.id.as_str()), Some("claude-opus-4-6"));
/// assert_eq!(model_info("my-own-model"), None);
/// ```
///
/// Source: unified-llm-spec 2.9.
#[must_use]
pub fn model_info(model: &str) -> Option<&'static ModelInfo> {
    CATALOG
        .find(model)
        .or_else(|| CATALOG.find(undated(model)?))
}

/// All known models, or those of one provider; within a provider the newest general models first.
///
/// Source: unified-llm-spec 2.9.
#[must_use]
pub fn list_models(provider: Option<&str>) -> Vec<&'static ModelInfo> {
    let provider = provider.map(canonical);
    let wanted = |model: &&ModelInfo| provider.is_none_or(|provider| model.provider == provider);
    CATALOG.models.iter().filter(wanted).collect()
}

/// The newest general model of a provider, if need be one that can do something.
///
/// ```
/// use attractor_llm::catalog::{Capability, latest_model};
///
/// let model = latest_model("anthropic", Some(Capability::Reasoning)).ok_or("none")?;
/// assert!(model.supports_reasoning);
/// # Ok::<(), &str>(())
/// ```
///
/// Source: unified-llm-spec 2.9.
#[must_use]
pub fn latest_model(provider: &str, capability: Option<Capability>) -> Option<&'static ModelInfo> {
    let able = |model: &&ModelInfo| capability.is_none_or(|it| model.supports(it));
    list_models(Some(provider)).into_iter().find(able)
}

/// What one request costs; `None` if the model or its price isn't known.
///
/// See [`ModelInfo::cost`] for what is counted and how it is rounded.
#[must_use]
pub fn cost(model: &str, usage: &Usage) -> Option<Cost> {
    model_info(model)?.cost(usage)
}

#[derive(Debug)]
struct Catalog {
    models: Vec<ModelInfo>,
    /// Ids and aliases, alone and after `provider/`.
    index: HashMap<String, usize>,
}

impl Catalog {
    #[expect(
        clippy::expect_used,
        reason = "the file is part of the crate, and a test reads it"
    )]
    fn load() -> Self {
        let models: Vec<ModelInfo> =
            serde_json::from_str(include_str!("models.json")).expect("models.json is well-formed");
        let mut index = HashMap::new();
        for (at, model) in models.iter().enumerate() {
            for name in std::iter::once(&model.id).chain(&model.aliases) {
                index.insert(format!("{}/{name}", model.provider), at);
                // The first provider keeps a name that several use.
                index.entry(name.clone()).or_insert(at);
            }
        }
        Self { models, index }
    }

    fn find(&self, name: &str) -> Option<&ModelInfo> {
        let found = self.index.get(name).copied();
        let qualified = || {
            let (provider, model) = name.split_once('/')?;
            self.index
                .get(&format!("{}/{model}", canonical(provider)))
                .copied()
        };
        found.or_else(qualified).map(|at| &self.models[at])
    }
}

fn canonical(provider: &str) -> &str {
    let alias = PROVIDER_ALIASES
        .iter()
        .find(|(alias, _)| *alias == provider);
    alias.map_or(provider, |(_, provider)| provider)
}

/// The id without a date or `-latest` at its end; `None` if it has neither.
fn undated(model: &str) -> Option<&str> {
    if let Some(stem) = model.strip_suffix("-latest") {
        return Some(stem);
    }
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let compact = |at: usize| {
        let (stem, end) = model.split_at_checked(at)?;
        let date = end.strip_prefix(['-', '@'])?;
        (date.len() == 8 && digits(date)).then_some(stem)
    };
    let dashed = |at: usize| {
        let (stem, end) = model.split_at_checked(at)?;
        let mut parts = end.strip_prefix('-')?.split('-');
        let lengths = [4, 2, 2];
        let is_date = lengths.iter().all(|&length| {
            parts
                .next()
                .is_some_and(|part| part.len() == length && digits(part))
        });
        is_date.then_some(stem)
    };
    let from_end = |length: usize| model.len().checked_sub(length);
    from_end(9)
        .and_then(compact)
        .or_else(|| from_end(11).and_then(dashed))
}
