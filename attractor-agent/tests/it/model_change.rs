//! Another model, another provider, another effort in mid-session.

use std::sync::Arc;

use attractor_agent::{
    AnthropicProfile, ErrorKind, EventKind, Session, SessionConfig, Turn, check_history,
    profile_for, testing::check_requests,
};
use attractor_llm::{
    AnthropicAdapter, Client, OpenAiAdapter,
    testing::{Match, Script, ScriptedServer, Turn as Say},
};
use serde_json::{Value, json};

use crate::support::{Agent, Workspace, fast_retry, profile};

/// Thinks, calls a tool and answers; whichever model is asked.
fn thinks() -> Script {
    let thinking = Say::thinking("Hm.", "c2lnbmVk");
    Script::new()
        .turn(
            thinking
                .and_tool_call("shell", json!({"command": "echo a"}))
                .when(Match::any().assistant_messages(0)),
        )
        .turn(Say::text("Here.").repeat())
}

/// A client that sends to one scripted server in two protocols.
fn both(server: &ScriptedServer) -> Client {
    let anthropic = AnthropicAdapter::builder("key").base_url(server.base_url());
    let openai = OpenAiAdapter::builder("key").base_url(format!("{}/v1", server.base_url()));
    Client::builder()
        .provider(anthropic.build().unwrap())
        .provider(openai.build().unwrap())
        .build()
        .unwrap()
}

async fn session_of_two() -> (Session, ScriptedServer, Workspace) {
    let server = ScriptedServer::start(thinks()).await.unwrap();
    let workspace = Workspace::new();
    let session = Session::new(
        both(&server),
        profile(),
        workspace.environment.clone(),
        SessionConfig::new().retry(fast_retry()),
    );
    (session, server, workspace)
}

#[tokio::test]
async fn another_model_of_the_provider_takes_over_and_gives_back() {
    let mut agent = Agent::new(thinks()).await;
    agent.session.submit("one").await.unwrap();
    let other = Arc::new(AnthropicProfile::new("claude-sonnet-4-5"));
    agent.session.set_profile(other);
    agent.session.submit("two").await.unwrap();
    agent.session.handle().set_profile(profile());
    agent.session.submit("three").await.unwrap();
    agent.check();
    let requests = agent.requests();
    let models: Vec<&str> = requests
        .iter()
        .map(|it| it["model"].as_str().unwrap())
        .collect();
    let (first, second) = ("claude-opus-4-6", "claude-sonnet-4-5");
    assert_eq!(models, [first, first, second, first]);
    let signed = |request: &Value| request["messages"].to_string().contains("c2lnbmVk");
    let seen: Vec<bool> = requests.iter().map(signed).collect();
    assert_eq!(
        seen,
        [false, true, false, true],
        "reasoning goes to the model it came from"
    );
    assert!(
        requests[2]["system"].to_string().contains("Sonnet 4.5"),
        "{}",
        requests[2]["system"]
    );
    assert_eq!(
        requests[3]["system"], requests[0]["system"],
        "its prompt is the one it had"
    );
    let told = agent
        .session
        .history()
        .iter()
        .filter(|turn| matches!(turn, Turn::System { .. }));
    assert_eq!(told.count(), 2);
    let changes = agent.events().into_iter().filter_map(|event| match event {
        EventKind::ModelChanged { model, .. } => Some(model),
        _ => None,
    });
    assert_eq!(changes.collect::<Vec<_>>(), [second, first]);
}

#[tokio::test]
async fn another_provider_takes_over_with_its_own_tools() {
    let (mut session, server, _workspace) = session_of_two().await;
    session.submit("one").await.unwrap();
    session.set_profile(profile_for("openai", "gpt-5.2").unwrap());
    session.submit("two").await.unwrap();
    check_history(&session.messages()).unwrap();
    let requests = server.requests();
    check_requests(&requests).unwrap();
    let last = requests.last().unwrap();
    assert!(last.path.ends_with("/responses"), "{}", last.path);
    let text = last.body.to_string();
    assert!(
        !text.contains("c2lnbmVk"),
        "opaque reasoning of another provider: {text}"
    );
    let instructions = last.body["instructions"].to_string();
    assert_ne!(instructions, requests[0].body["system"].to_string());
    let input = last.body["input"].to_string();
    assert!(
        input.contains("continued by the model openai/gpt-5.2"),
        "{input}"
    );
}

#[tokio::test]
async fn a_resumed_session_may_have_another_model() {
    let (mut session, server, workspace) = session_of_two().await;
    let path = workspace.path().join("session.jsonl");
    session.record_to(&path).unwrap();
    session.submit("one").await.unwrap();
    drop(session);
    for profile in [profile_for("openai", "gpt-5.2").unwrap(), profile()] {
        let mut session = Session::resume(
            both(&server),
            profile,
            workspace.environment.clone(),
            SessionConfig::new(),
            &path,
        )
        .unwrap();
        session.submit("go on").await.unwrap();
        check_history(&session.messages()).unwrap();
    }
    let requests = server.requests();
    check_requests(&requests).unwrap();
    assert_eq!(requests[3].body["system"], requests[0].body["system"]);
    assert!(
        requests[3].body["messages"]
            .to_string()
            .contains("c2lnbmVk")
    );
}

#[tokio::test]
async fn a_provider_that_the_client_does_not_know_is_refused() {
    let mut agent = Agent::new(thinks()).await;
    agent.session.submit("one").await.unwrap();
    agent
        .session
        .set_profile(profile_for("gemini", "gemini-3-pro").unwrap());
    let error = agent.session.submit("two").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    agent.session.submit("with the model before").await.unwrap();
    agent.check();
}

#[tokio::test]
async fn every_effort_reaches_the_next_request() {
    let mut agent = Agent::new(Script::new().turn(Say::text("Ok.").repeat())).await;
    let efforts = [Some("low"), Some("medium"), Some("high"), None];
    for effort in efforts {
        let handle = agent.session.handle();
        handle.set_reasoning_effort(effort.map(str::to_owned));
        agent.session.submit("go").await.unwrap();
    }
    let requests = agent.requests();
    let sent: Vec<&Value> = requests
        .iter()
        .map(|it| &it["output_config"]["effort"])
        .collect();
    assert_eq!(
        sent,
        [
            &json!("low"),
            &json!("medium"),
            &json!("high"),
            &Value::Null
        ]
    );
}

#[tokio::test]
async fn a_word_of_the_host_stands_in_its_place_and_is_marked() {
    let mut agent = Agent::new(thinks()).await;
    agent
        .session
        .handle()
        .system_message("The build is broken on main.")
        .unwrap();
    agent.session.submit("one").await.unwrap();
    assert!(
        matches!(&agent.session.history()[1], Turn::System { content, .. } if content.contains("broken"))
    );
    let sent = agent.requests()[0]["messages"].to_string();
    assert!(
        sent.contains("<system-message>\\nThe build is broken on main.\\n</system-message>"),
        "{sent}"
    );
    assert!(agent.event_names().contains(&"SYSTEM_INJECTED".to_owned()));
    agent.check();
}
