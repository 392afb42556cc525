//! The model settings that forms have, and the models that one can choose.

use attractor_llm::catalog::{ModelInfo, list_models};
use serde_json::{Map, Value, json};

use super::form::Form;
use crate::domain::{Error, ModelConfig};

/// The models of one provider.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) name: &'static str,
    /// What a form says for each, and what it's called.
    pub(super) models: Vec<(String, String)>,
}

/// All models of the catalog by provider.
pub(super) fn catalog() -> Vec<Provider> {
    let mut all: Vec<&'static ModelInfo> = list_models(None);
    all.sort_by(|one, other| (&one.provider, &one.id).cmp(&(&other.provider, &other.id)));
    let mut providers: Vec<Provider> = Vec::new();
    for info in all {
        if providers.last().is_none_or(|it| it.name != info.provider) {
            providers.push(Provider {
                name: &info.provider,
                models: Vec::new(),
            });
        }
        if let Some(provider) = providers.last_mut() {
            let value = format!("{}/{}", info.provider, info.id);
            provider.models.push((value, info.display_name.clone()));
        }
    }
    providers
}

/// The levels of reasoning that the contract has.
pub(super) const LEVELS: [(&str, &str); 6] = [
    ("", "as the model has it"),
    ("minimal", "minimal"),
    ("low", "low"),
    ("medium", "medium"),
    ("high", "high"),
    ("xhigh", "xhigh"),
];

/// The fields of a form that say which model, and how.
pub(super) const FIELDS: [&str; 4] = [
    "modelConfig",
    "modelConfig.reasoningLevel",
    "modelConfig.temperature",
    "modelConfig.maxTokens",
];

/// What those fields show for settings.
pub(super) fn filled(model: Option<&ModelConfig>) -> Vec<(&'static str, String)> {
    let Some(model) = model else {
        return Vec::new();
    };
    // A model may be kept by an alias, which the list of models doesn't have.
    let known = attractor_llm::catalog::model_info(&model.model());
    let chosen = known.map_or_else(
        || model.model(),
        |info| format!("{}/{}", info.provider, info.id),
    );
    let level = serde_json::to_value(model.reasoning_level).unwrap_or_default();
    let text = |number: Option<String>| number.unwrap_or_default();
    let shown = [
        chosen,
        level.as_str().unwrap_or_default().to_owned(),
        text(model.temperature.map(|it| it.to_string())),
        text(model.max_tokens.map(|it| it.to_string())),
    ];
    FIELDS.into_iter().zip(shown).collect()
}

/// The settings that the fields say, as the API takes them; `null`, if no model is chosen.
pub(super) fn chosen(form: &Form) -> Result<Value, Error> {
    let settings = [
        (
            "reasoningLevel",
            json!(form.given("modelConfig.reasoningLevel")),
        ),
        ("temperature", form.number("modelConfig.temperature")?),
        ("maxTokens", form.number("modelConfig.maxTokens")?),
    ];
    let settings = settings.into_iter().filter(|(_, value)| !value.is_null());
    let Some(model) = form.given("modelConfig") else {
        return match settings.count() {
            0 => Ok(Value::Null),
            _ => {
                let message = "modelConfig: choose the model that the settings below are for";
                let details = json!({ "field": "modelConfig" });
                Err(Error::invalid("invalid_field", message).with_details(details))
            }
        };
    };
    let (provider, id) = model.split_once('/').unwrap_or((model, ""));
    let mut config = Map::new();
    config.insert("provider".to_owned(), provider.into());
    config.insert("modelId".to_owned(), id.into());
    config.extend(settings.map(|(name, value)| (name.to_owned(), value)));
    Ok(Value::Object(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_their_form() {
        let model = ModelConfig {
            provider: "anthropic".to_owned(),
            model_id: "claude-opus-5-5".to_owned(),
            reasoning_level: Some(crate::domain::ReasoningLevel::High),
            temperature: Some(0.5),
            max_tokens: Some(4096),
        };
        let form = Form::of(filled(Some(&model)));
        let again: ModelConfig = serde_json::from_value(chosen(&form).unwrap()).unwrap();
        assert_eq!(again, model);
        assert_eq!(chosen(&Form::of([])).unwrap(), Value::Null);
        let alone = Form::of([("modelConfig.temperature", "1".to_owned())]);
        assert!(chosen(&alone).is_err());
    }

    #[test]
    fn each_provider_is_there_once() {
        let names: Vec<_> = catalog().iter().map(|it| it.name).collect();
        assert!(
            names.is_sorted() && names.contains(&"anthropic"),
            "{names:?}"
        );
    }
}
