//! How a run's models are asked.

use attractor_llm::testing::{Match, Script, ScriptedServer, Turn};
use serde_json::json;

use super::factory::Factory;

const TWO: &str = r#"digraph two {
    start [shape=Mdiamond]; done [shape=Msquare]
    own [prompt="One"]
    other [prompt="Two", llm_provider="openai", llm_model="gpt-4.1-mini"]
    start -> own -> other -> done
}"#;

#[tokio::test]
async fn the_runs_settings_are_for_its_model_and_a_node_that_names_another_has_its_own() {
    let everything = Turn::text("Fine.").when(Match::any()).repeat();
    let model = ScriptedServer::start(Script::new().turn(everything))
        .await
        .unwrap();
    let factory = Factory::new("task", TWO);
    factory.specify(
        "/modelConfig",
        json!({"provider": "openai", "modelId": "gpt-4.1", "temperature": 0.3, "maxTokens": 4321}),
    );
    factory.specify(
        "/environment",
        json!({"OPENAI_API_KEY": "sk-of-the-project", "OPENAI_BASE_URL": model.base_url()}),
    );
    assert_eq!(factory.attempt().await, Some(0), "{}", factory.log());
    factory.has_succeeded();
    let asked: Vec<_> = model.requests().into_iter().map(|it| it.body).collect();
    let settings = |at: usize| {
        let body = &asked[at];
        let fields = ["model", "temperature", "max_output_tokens"];
        fields.map(|field| body[field].clone())
    };
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert_eq!(settings(0), [json!("gpt-4.1"), json!(0.3), json!(4321)]);
    assert_eq!(
        settings(1),
        [json!("gpt-4.1-mini"), json!(null), json!(null)]
    );
}
