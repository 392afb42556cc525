//! Look-ups, and the data against the facts that it was made from.

use std::collections::BTreeSet;
use std::path::Path;

use attractor_llm::catalog::{Capability, latest_model, list_models, model_info};
use serde_json::Value;

/// Checks which model a name means.
#[track_caller]
fn check(name: &str, expected: Option<&str>) {
    assert_eq!(
        model_info(name).map(|model| model.id.as_str()),
        expected,
        "{name}"
    );
}

#[test]
fn a_model_is_found_by_id_alias_and_provider() {
    check("claude-opus-4-6", Some("claude-opus-4-6"));
    check("anthropic/claude-opus-4-6", Some("claude-opus-4-6"));
    check("sonnet", Some("claude-sonnet-5-5"));
    check("anthropic/claude-sonnet", Some("claude-sonnet-5-5"));
    check("google/gemini-2.5-pro", Some("gemini-2.5-pro"));
    check("openai/gpt-5.2", Some("gpt-5.2"));
}

#[test]
fn a_dated_id_is_itself_or_the_model_without_the_date() {
    check(
        "claude-haiku-4-5-20251001",
        Some("claude-haiku-4-5-20251001"),
    );
    check(
        "anthropic/claude-haiku-4-5-20991231",
        Some("claude-haiku-4-5"),
    );
    check("claude-haiku-4-5@20251001", Some("claude-haiku-4-5"));
    check("gpt-5.2-2025-12-11", Some("gpt-5.2"));
    check("claude-opus-4-6-latest", Some("claude-opus-4-6"));
}

#[test]
fn an_unknown_model_is_none() {
    for name in [
        "",
        "/",
        "-latest",
        "my-model",
        "openai/claude-opus-4-6",
        "x/gpt-5.2",
        "ü-1234567",
    ] {
        check(name, None);
    }
}

#[test]
fn models_are_listed_for_all_or_one_provider() {
    let all = list_models(None).len();
    let each = ["anthropic", "openai", "gemini"].map(|provider| list_models(Some(provider)).len());
    assert_eq!(each.iter().sum::<usize>(), all);
    assert!(each.iter().all(|count| *count > 10));
    assert_eq!(list_models(Some("google")), list_models(Some("gemini")));
    assert!(list_models(Some("nobody")).is_empty());
}

#[test]
fn the_latest_model_is_a_general_one_that_can_do_what_is_asked() {
    let latest = |provider| latest_model(provider, None).map(|model| model.id.as_str());
    assert_eq!(latest("anthropic"), Some("claude-opus-5-5"));
    assert_eq!(latest("openai"), Some("gpt-6.1-sol"));
    assert_eq!(latest("gemini"), Some("gemini-4-argon"));
    assert_eq!(latest("nobody"), None);
    for capability in [Capability::Tools, Capability::Vision, Capability::Reasoning] {
        assert!(
            latest_model("openai", Some(capability))
                .unwrap()
                .supports(capability)
        );
    }
}

#[test]
fn a_thinking_level_has_the_providers_word_or_none() {
    let opus = model_info("claude-opus-5-5").unwrap();
    assert_eq!(opus.thinking_level("max"), Some("max"));
    assert_eq!(opus.thinking_level("off"), None);
    assert_eq!(
        model_info("gpt-5.2").unwrap().thinking_level("off"),
        Some("none")
    );
    assert_eq!(
        model_info("claude-opus-4-6").unwrap().thinking_level("low"),
        Some("low")
    );
    assert_eq!(
        model_info("claude-opus-4-6")
            .unwrap()
            .thinking_level("xhigh"),
        None
    );
    assert_eq!(model_info("gpt-4o").unwrap().thinking_level("low"), None);
}

#[test]
fn every_name_means_one_model_of_its_provider() {
    let mut seen = BTreeSet::new();
    for model in list_models(None) {
        for name in std::iter::once(&model.id).chain(&model.aliases) {
            assert!(seen.insert(name), "{name} is there twice");
            assert_eq!(model_info(name), Some(model));
        }
        assert!(
            model.max_output.unwrap_or(0) <= model.context_window,
            "{}",
            model.id
        );
        let thresholds = model.tiers.iter().map(|tier| tier.input_tokens_above);
        assert!(thresholds.is_sorted(), "{}", model.id);
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "a skipped check says so")]
fn the_data_says_what_the_facts_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/catalog/seed.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("SKIPPED: no {}", path.display());
        return;
    };
    let facts: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(facts.len(), list_models(None).len());
    for fact in &facts {
        let id = fact["id"].as_str().unwrap();
        let model = serde_json::to_value(model_info(id).unwrap()).unwrap();
        for field in ["provider", "display_name", "context_window", "max_output"] {
            assert_eq!(model[field], fact[field], "{id}.{field}");
        }
        for field in ["supports_tools", "supports_vision", "supports_reasoning"] {
            assert_eq!(model[field], fact[field], "{id}.{field}");
        }
        for field in ["thinking_level_map", "prompt_cache_seconds"] {
            assert_eq!(model[field], fact[field], "{id}.{field}");
        }
        for kind in ["input", "output", "cache_read", "cache_write"] {
            let field = format!("{kind}_cost_per_million");
            let price = fact[&field].to_string();
            let price = price.strip_suffix(".0").unwrap_or(&price);
            let dropped = price == "0" && kind.starts_with("cache") && model[&field].is_null();
            assert!(dropped || model[&field] == price, "{id}.{field}: {price}");
        }
    }
}
