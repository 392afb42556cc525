//! Look-ups, and the data against the facts that it was made from.

use std::collections::BTreeSet;
use std::path::Path;

use attractor_llm::catalog::{
    Capability, ModelInfo, Price, PriceTier, ThinkingStyle, cost, latest_model, list_models,
    model_info, register, register_json,
};
use attractor_llm::testing::{Script, ScriptedProvider, Turn};
use attractor_llm::{Client, ErrorKind, Message, Request, Usage};
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
    // Other tests of this process may register more.
    assert!(each.iter().sum::<usize>() <= all);
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
fn the_levels_of_reasoning_are_listed_and_how_they_are_told() {
    let levels = |model| model_info(model).unwrap().thinking_levels();
    assert_eq!(levels("gpt-5.2"), ["off", "low", "medium", "high", "xhigh"]);
    assert_eq!(levels("gpt-5-pro"), ["high"]);
    assert_eq!(levels("gpt-4o"), [""; 0]);
    let style = |model| model_info(model).unwrap().thinking_style();
    assert_eq!(style("claude-opus-5-5"), ThinkingStyle::Levels);
    assert_eq!(style("claude-opus-4-5"), ThinkingStyle::Budget);
    assert_eq!(style("gemini-2.5-pro"), ThinkingStyle::Budget);
    assert_eq!(style("gpt-4.1"), ThinkingStyle::None);
}

#[test]
fn a_registered_model_is_found_and_listed_last() {
    let price = |text: &str| text.parse::<Price>().unwrap();
    let tier = PriceTier::new(10_000, price("2"), price("8"));
    let model = ModelInfo::new("acme", "rocket-1", 32_000)
        .display_name("Rocket")
        .supports_vision(true)
        .supports_structured_output(true)
        .prices(price("1"), price("4"))
        .cache_prices(price("0.1"), price("1.25"))
        .tier(tier)
        .alias("rocket");
    register(ModelInfo::new("acme", "rocket-0", 8_000));
    register(model);
    for name in ["rocket", "acme/rocket", "acme/rocket-1", "rocket-1-latest"] {
        check(name, Some("rocket-1"));
    }
    let ids: Vec<&str> = list_models(Some("acme"))
        .iter()
        .map(|it| it.id.as_str())
        .collect();
    assert_eq!(ids, ["rocket-0", "rocket-1"]);
    let latest = latest_model("acme", Some(Capability::StructuredOutput));
    assert_eq!(latest.map(|it| it.id.as_str()), Some("rocket-1"));
    let usage = Usage::new(1_000, 1_000).cache_within_input(Some(500), None);
    assert_eq!(
        cost("acme/rocket", &usage).unwrap().micro_usd(),
        500 + 50 + 4_000
    );
    assert_eq!(
        cost("rocket", &Usage::new(20_000, 0)).unwrap().micro_usd(),
        40_000
    );
}

#[test]
fn registering_again_replaces_and_takes_aliases_but_never_ids() {
    let model = |window| ModelInfo::new("acme-2", "claude-opus-4-7", window).alias("booster");
    register(model(1));
    register(model(2).alias("gpt-4o"));
    assert_eq!(
        model_info("acme-2/claude-opus-4-7").unwrap().context_window,
        2
    );
    assert_eq!(model_info("claude-opus-4-7").unwrap().provider, "anthropic");
    assert_eq!(model_info("gpt-4o").unwrap().provider, "openai");
    register(ModelInfo::new("acme-3", "other", 3).alias("booster"));
    check("booster", Some("other"));
    check("acme-2/booster", Some("claude-opus-4-7"));
    assert_eq!(list_models(Some("acme-2")).len(), 1);
}

#[test]
fn facts_are_corrected_and_added_from_json() {
    let base = ModelInfo::new("acme-4", "base", 7_000).max_output(1_000);
    register(base.prices("1".parse().unwrap(), "2".parse().unwrap()));
    let before = model_info("acme-4/base").unwrap();
    register_json(
        r#"[
            {"provider": "acme-4", "id": "base", "max_output": null, "input_cost_per_million": "9"},
            {"provider": "acme-4", "id": "new", "context_window": 9000, "aliases": ["brand-new"]}
        ]"#,
    )
    .unwrap();
    let after = model_info("acme-4/base").unwrap();
    assert_eq!(
        (after.max_output, after.context_window),
        (None, before.context_window)
    );
    assert_eq!(after.input_cost_per_million, Some("9".parse().unwrap()));
    assert_eq!(
        after.output_cost_per_million,
        before.output_cost_per_million
    );
    assert_eq!(model_info("brand-new").unwrap().display_name, "new");
    for (wrong, place) in [
        (r#"{"id": "x"}"#, "the list of models"),
        (r#"[{"provider": "acme-5", "id": "x"}]"#, "acme-5/x"),
        (
            r#"[{"provider": "acme-5", "id": "x", "context_window": 1, "contxt": 1}]"#,
            "contxt",
        ),
        (
            r#"[{"provider": "openai", "id": "gpt-4o", "input_cost_per_million": 3}]"#,
            "openai/gpt-4o",
        ),
    ] {
        let error = register_json(wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(place), "{error}");
    }
    check("acme-5/x", None);
}

#[tokio::test]
async fn an_alias_is_sent_as_the_id_where_its_provider_is_asked() {
    let sent = async |provider: &str, model: &str| {
        let script = Script::new().turn(Turn::text("Hi.").repeat());
        let adapter = ScriptedProvider::new(script).named(provider);
        let client = Client::builder().provider(adapter.clone()).build().unwrap();
        let request = Request::new(model, vec![Message::user("Hi")]);
        client.complete(request).await.unwrap();
        adapter.requests().remove(0).model
    };
    assert_eq!(sent("anthropic", "opus").await, "claude-opus-5-5");
    assert_eq!(
        sent("anthropic", "anthropic/sonnet").await,
        "claude-sonnet-5-5"
    );
    assert_eq!(
        sent("anthropic", "claude-haiku-4-5-20251001").await,
        "claude-haiku-4-5-20251001"
    );
    assert_eq!(sent("anthropic", "my-model").await, "my-model");
    assert_eq!(sent("gateway", "opus").await, "opus");
}

#[test]
fn every_name_means_one_model_of_its_provider() {
    let mut seen = BTreeSet::new();
    let shipped = ["anthropic", "openai", "gemini"].map(|provider| list_models(Some(provider)));
    for model in shipped.concat() {
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
    let shipped = ["anthropic", "openai", "gemini"].map(|provider| list_models(Some(provider)));
    assert_eq!(facts.len(), shipped.concat().len());
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
