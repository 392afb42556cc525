//! Which provider and model a stage of a pipeline asks.

use std::sync::Arc;

use attractor_agent::{AgentBackend, SessionConfig};
use attractor_core::{Engine, Graph, RunOptions, RunStatus};
use attractor_llm::{
    AnthropicAdapter, Client, GeminiAdapter, OpenAiAdapter, OpenAiCompatibleAdapter,
    testing::{Script, ScriptedServer, Turn as Say},
};

use crate::support::{Workspace, fast_retry};

/// A client of three providers and a gateway, all of them the scripted server.
fn client(server: &ScriptedServer) -> Client {
    let url = server.base_url();
    Client::builder()
        .provider(
            AnthropicAdapter::builder("k")
                .base_url(&url)
                .build()
                .unwrap(),
        )
        .provider(OpenAiAdapter::builder("k").base_url(&url).build().unwrap())
        .provider(GeminiAdapter::builder("k").base_url(&url).build().unwrap())
        .provider(
            OpenAiCompatibleAdapter::builder("gateway", &url)
                .build()
                .unwrap(),
        )
        .default_provider("anthropic")
        .build()
        .unwrap()
}

fn backend(client: Client, workspace: &Workspace) -> AgentBackend {
    AgentBackend::builder(client, workspace.environment.clone())
        .session_config(SessionConfig::new().retry(fast_retry()))
        .default_model("anthropic/claude-opus-4-6")
        .build()
}

#[tokio::test]
async fn the_stages_of_one_run_ask_different_providers() {
    let server = ScriptedServer::start(Script::new().turn(Say::text("Done.").repeat()))
        .await
        .unwrap();
    let workspace = Workspace::new();
    let backend = backend(client(&server), &workspace);
    let engine = Engine::builder().backend(Arc::new(backend)).build();
    let graph = r##"digraph g {
        graph [model_stylesheet="#b { llm_provider: openai; llm_model: gpt-5.2; }"]
        start [shape=Mdiamond]; exit [shape=Msquare]
        a [prompt="first"]
        b [prompt="second"]
        c [prompt="third", llm_model="google/gemini-3.6-flash"]
        d [prompt="fourth", llm_model="gateway/qwen3-coder"]
        start -> a -> b -> c -> d -> exit
    }"##;
    let pipeline = engine.prepare(graph).unwrap();
    let options = RunOptions::in_memory().workdir(workspace.path());
    let run = engine.start(&pipeline, options).await.unwrap();
    assert_eq!(run.execute().await.unwrap().status, RunStatus::Success);
    let paths: Vec<String> = server.requests().into_iter().map(|it| it.path).collect();
    assert_eq!(
        paths,
        [
            "/v1/messages",
            "/v1/responses",
            "/v1beta/models/gemini-3.6-flash:streamGenerateContent",
            "/v1/chat/completions"
        ]
    );
}

/// The model of the one task of a graph with these attributes.
fn model_of(attributes: &str, client: Client) -> String {
    let workspace = Workspace::new();
    let text = format!("digraph g {{ a [prompt=\"x\", {attributes}] }}");
    let (graph, _) = Graph::parse(&text).unwrap();
    let backend = backend(client, &workspace);
    let (provider, model) = backend.model_of(&graph, &graph.nodes()[0]).unwrap();
    format!("{provider}/{model}")
}

#[tokio::test]
async fn a_model_belongs_to_its_maker_unless_a_gateway_may_serve_it() {
    let server = ScriptedServer::start(Script::new()).await.unwrap();
    let cases = [
        ("label=a", "anthropic/claude-opus-4-6"),
        ("llm_model=\"gpt-5.2\"", "openai/gpt-5.2"),
        (
            "llm_provider=google, llm_model=\"gemini-x\"",
            "gemini/gemini-x",
        ),
        (
            "llm_provider=claude, llm_model=\"claude-x\"",
            "anthropic/claude-x",
        ),
        (
            "llm_model=\"gateway/openai/gpt-5.2\"",
            "gateway/openai/gpt-5.2",
        ),
        ("llm_model=\"unheard-of\"", "anthropic/unheard-of"),
    ];
    for (attributes, expected) in cases {
        assert_eq!(model_of(attributes, client(&server)), expected);
    }
    let url = server.base_url();
    let only = |client: attractor_llm::ClientBuilder| client.build().unwrap();
    let anthropic = || {
        AnthropicAdapter::builder("k")
            .base_url(&url)
            .build()
            .unwrap()
    };
    let gateway = || {
        OpenAiCompatibleAdapter::builder("gateway", &url)
            .build()
            .unwrap()
    };
    // Anthropic serves no Gemini models, so that the missing provider is named; a gateway may.
    let model = "llm_model=\"gemini-3.6-flash\"";
    let found = model_of(model, only(Client::builder().provider(anthropic())));
    assert_eq!(found, "gemini/gemini-3.6-flash");
    let found = model_of(model, only(Client::builder().provider(gateway())));
    assert_eq!(found, "gateway/gemini-3.6-flash");
}
