//! Requests that fail: which are repeated, which end the session.

use attractor_agent::{ErrorKind, EventKind, Session, SessionConfig, SessionState};
use attractor_llm::{
    AnthropicAdapter, Client, DefaultSettings, Request,
    testing::{Script, ScriptedServer, Turn as Say},
};
use serde_json::json;

use crate::support::{Agent, Workspace, profile};

#[tokio::test]
async fn a_passing_failure_is_repeated_and_announced() {
    let script = Script::new()
        .turn(Say::api_error(529, "overloaded"))
        .turn(Say::api_error(500, "internal"))
        .turn(Say::text("There."));
    let mut agent = Agent::new(script).await;
    assert_eq!(agent.session.submit("go").await.unwrap().text, "There.");
    let warnings = agent.events().into_iter().filter(
        |event| matches!(event, EventKind::Warning { message } if message.contains("tried again")),
    );
    assert_eq!(warnings.count(), 2);
}

#[tokio::test]
async fn a_wrong_key_closes_the_session_at_once() {
    let mut agent = Agent::new(Script::new().turn(Say::api_error(401, "invalid x-api-key"))).await;
    let error = agent.session.submit("go").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Model);
    assert_eq!(
        error.llm().unwrap().kind(),
        attractor_llm::ErrorKind::Authentication
    );
    assert_eq!(agent.requests().len(), 1);
    assert_eq!(agent.session.state(), SessionState::Closed);
    let names = agent.event_names();
    assert_eq!(names[names.len() - 2..], ["ERROR", "SESSION_END"]);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer_and_can_be_asked_for_again() {
    let script = Script::new()
        .turn(
            Say::text("A long answer that never ends.")
                .delta_chars(3)
                .cut_after_events(5),
        )
        .turn(Say::text("Whole."));
    let mut agent = Agent::new(script).await;
    let error = agent.session.submit("go").await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(
        agent.requests().len(),
        1,
        "text was delivered, so the request is not repeated"
    );
    assert_eq!(agent.session.state(), SessionState::Idle);
    assert_eq!(agent.session.submit("again").await.unwrap().text, "Whole.");
    agent.check();
}

#[tokio::test]
async fn failures_that_do_not_pass_leave_a_session_that_can_go_on() {
    let script = Script::new()
        .turn(Say::api_error(500, "down").times(3))
        .turn(Say::text("Back."));
    let mut agent = Agent::new(script).await;
    assert!(agent.session.submit("go").await.unwrap_err().is_retryable());
    assert_eq!(agent.session.state(), SessionState::Idle);
    assert_eq!(agent.session.submit("again").await.unwrap().text, "Back.");
}

#[tokio::test]
async fn a_conversation_that_is_too_long_is_a_warning_and_the_session_goes_on() {
    let script = Script::new()
        .turn(Say::api_error(
            400,
            "prompt is too long: 215000 tokens > 200000 maximum",
        ))
        .turn(Say::text("Short enough."));
    let mut agent = Agent::new(script).await;
    let error = agent.session.submit("go").await.unwrap_err();
    assert_eq!(
        error.llm().unwrap().kind(),
        attractor_llm::ErrorKind::ContextLength
    );
    assert!(agent.event_names().contains(&"WARNING".to_owned()));
    assert_eq!(agent.session.state(), SessionState::Idle);
    assert_eq!(
        agent.session.submit("again").await.unwrap().text,
        "Short enough."
    );
}

#[tokio::test]
async fn what_is_wrong_with_each_request_is_told_once() {
    let script = Script::new()
        .turn(Say::tool_call("shell", json!({"command": "true"})))
        .turn(Say::text("Done.").repeat());
    let server = ScriptedServer::start(script).await.unwrap();
    let adapter = AnthropicAdapter::builder("key").base_url(server.base_url());
    // A model that thinks takes no temperature.
    let settings = Request::new("", Vec::new()).temperature(0.2);
    let client = Client::builder()
        .provider(adapter.build().unwrap())
        .middleware(DefaultSettings::new(settings))
        .build()
        .unwrap();
    let workspace = Workspace::new();
    let config = SessionConfig::new().reasoning_effort("high");
    let environment = workspace.environment.clone();
    let mut session = Session::new(client, profile(), environment, config);
    let mut events = session.events();
    session.submit("go").await.unwrap();
    session.submit("go on").await.unwrap();
    assert_eq!(server.requests().len(), 3);
    let warnings: Vec<_> = std::iter::from_fn(|| events.try_next())
        .filter_map(|event| match event.kind {
            EventKind::Warning { message } => Some(message),
            _ => None,
        })
        .collect();
    assert_eq!(warnings, ["a model that thinks takes no temperature"]);
}
