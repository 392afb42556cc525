//! The loaded catalog and the functions that search it.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock, RwLockReadGuard};

use serde_json::{Map, Value};

use super::{Capability, Cost, ModelInfo};
use crate::error::{Error, ErrorKind};
use crate::types::Usage;

static CATALOG: LazyLock<RwLock<Catalog>> = LazyLock::new(|| RwLock::new(Catalog::load()));

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
    let catalog = catalog();
    catalog
        .find(model)
        .or_else(|| catalog.find(undated(model)?))
}

/// The same for a model of a provider, whatever the name of another one's.
pub(crate) fn model_of(provider: &str, model: &str) -> Option<&'static ModelInfo> {
    let catalog = catalog();
    catalog
        .find_of(provider, model)
        .or_else(|| catalog.find_of(provider, undated(model)?))
}

/// All known models, or those of one provider; within a provider the newest general models first.
///
/// Source: unified-llm-spec 2.9.
#[must_use]
pub fn list_models(provider: Option<&str>) -> Vec<&'static ModelInfo> {
    let provider = provider.map(canonical);
    let wanted = |model: &&ModelInfo| provider.is_none_or(|provider| model.provider == provider);
    catalog().models.iter().copied().filter(wanted).collect()
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

/// Adds a model for the whole process, or replaces the one with its provider and id.
///
/// From then on every look-up knows it, and so does every client: its limits, its prices, how it
/// reasons, whether it follows schemas. A new model comes last in its provider's list. Its aliases
/// win over other models' aliases, never over an id. It is kept for the life of the process.
///
/// ```
/// use attractor_llm::catalog::{ModelInfo, model_info, register};
///
/// register(ModelInfo::new("ollama", "qwen3:32b", 40_960).supports_reasoning(true));
/// assert!(model_info("ollama/qwen3:32b").is_some());
/// ```
pub fn register(model: ModelInfo) {
    let mut catalog = CATALOG.write().unwrap_or_else(PoisonError::into_inner);
    catalog.put(Box::leak(Box::new(model)));
    catalog.index();
}

/// As [`register`], for a JSON list in the form of the crate's `models.json`.
///
/// Of a model that is known only what changes needs to be there, beside `provider` and `id`; null
/// takes a fact away. A new one needs a `context_window` as well.
///
/// ```
/// use attractor_llm::catalog::{model_info, register_json};
///
/// register_json(r#"[{"provider": "openai", "id": "gpt-4.1", "context_window": 900000}]"#)?;
/// assert_eq!(model_info("gpt-4.1").map(|model| model.context_window), Some(900_000));
/// # Ok::<(), attractor_llm::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::Configuration`] with the place of the mistake; nothing is registered then.
pub fn register_json(models: &str) -> Result<(), Error> {
    let wrong = |place: String, why: String| {
        Error::new(ErrorKind::Configuration, format!("{place}: {why}"))
    };
    let changes: Vec<Map<String, Value>> = serde_json::from_str(models)
        .map_err(|error| wrong("the list of models".to_owned(), error.to_string()))?;
    let read = |change: &Map<String, Value>| {
        let text = |key| change.get(key).and_then(Value::as_str).unwrap_or_default();
        let name = format!("{}/{}", text("provider"), text("id"));
        changed(&name, change).map_err(|error| wrong(name, error.to_string()))
    };
    let models: Vec<ModelInfo> = changes.iter().map(read).collect::<Result<_, _>>()?;
    models.into_iter().for_each(register);
    Ok(())
}

/// The model of that name, or one of which nothing is known, with other facts.
fn changed(name: &str, change: &Map<String, Value>) -> Result<ModelInfo, serde_json::Error> {
    let known = catalog().find(name);
    let mut facts = match known {
        Some(known) => serde_json::to_value(known)?,
        None => serde_json::to_value(ModelInfo::new("", "", 0))?,
    };
    if let Value::Object(facts) = &mut facts {
        if known.is_none() {
            // What has no default has to be said.
            for required in ["provider", "id", "context_window"] {
                facts.remove(required);
            }
            if let Some(id) = change.get("id") {
                facts.insert("display_name".to_owned(), id.clone());
            }
        }
        facts.extend(change.clone());
        facts.retain(|_, value| !value.is_null());
    }
    serde_json::from_value(facts)
}

fn catalog() -> RwLockReadGuard<'static, Catalog> {
    CATALOG.read().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
struct Catalog {
    models: Vec<&'static ModelInfo>,
    /// What goes by an id or an alias, in the order in which it has a right to it.
    index: HashMap<&'static str, Vec<&'static ModelInfo>>,
}

impl Catalog {
    #[expect(
        clippy::expect_used,
        reason = "the file is part of the crate, and a test reads it"
    )]
    fn load() -> Self {
        let models: Vec<ModelInfo> =
            serde_json::from_str(include_str!("models.json")).expect("models.json is well-formed");
        let mut catalog = Self {
            models: models.leak().iter().collect(),
            index: HashMap::new(),
        };
        catalog.index();
        catalog
    }

    fn put(&mut self, model: &'static ModelInfo) {
        let same = |other: &&ModelInfo| other.provider == model.provider && other.id == model.id;
        match self.models.iter().position(same) {
            Some(at) => self.models[at] = model,
            None => self.models.push(model),
        }
    }

    /// Ids come before aliases. The first provider keeps an id that several use, and the latest
    /// model an alias.
    fn index(&mut self) {
        self.index.clear();
        for &model in &self.models {
            self.index.entry(&model.id).or_default().push(model);
        }
        for &model in self.models.iter().rev() {
            for alias in &model.aliases {
                self.index.entry(alias).or_default().push(model);
            }
        }
    }

    fn find(&self, name: &str) -> Option<&'static ModelInfo> {
        let qualified = || {
            let (provider, model) = name.split_once('/')?;
            self.find_of(provider, model)
        };
        let named = || self.index.get(name)?.first().copied();
        qualified().or_else(named)
    }

    fn find_of(&self, provider: &str, model: &str) -> Option<&'static ModelInfo> {
        let provider = canonical(provider);
        let named = self.index.get(model)?;
        named.iter().copied().find(|it| it.provider == provider)
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
