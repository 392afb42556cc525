//! What ends an input before the model does, and what warns.

use attractor_agent::{EventKind, LimitKind, SessionConfig, SessionState, StopReason};
use attractor_llm::testing::{Script, Turn as Say};
use serde_json::json;

use crate::support::Agent;

fn endless(command: &str) -> Script {
    Script::new().turn(
        Say::tool_call("shell", json!({"command": command}))
            .usage(1_000, 100)
            .repeat(),
    )
}

fn limit_of(agent: &mut Agent) -> Option<(LimitKind, u64)> {
    agent.events().into_iter().find_map(|event| match event {
        EventKind::TurnLimit { limit, value } => Some((limit, value)),
        _ => None,
    })
}

#[tokio::test]
async fn the_rounds_of_one_input_are_limited() {
    let config = SessionConfig::new().max_tool_rounds_per_input(2);
    let mut agent = Agent::with(endless("true"), config).await;
    let done = agent.session.submit("go").await.unwrap();
    assert_eq!((done.stop, done.responses), (StopReason::ToolRoundLimit, 2));
    assert_eq!(agent.session.submit("go on").await.unwrap().responses, 2);
    assert_eq!(limit_of(&mut agent), Some((LimitKind::ToolRounds, 2)));
    assert_eq!(agent.session.state(), SessionState::Idle);
    agent.check();
}

#[tokio::test]
async fn a_model_whose_calls_are_cut_off_again_and_again_is_stopped() {
    let cut = Say::text("Writing.")
        .and_raw_tool_call("shell", r#"{"command": "touch lef"#)
        .finish_reason("max_tokens")
        .repeat();
    let mut agent = Agent::with(Script::new().turn(cut), SessionConfig::new()).await;
    let done = agent.session.submit("go").await.unwrap();
    assert_eq!(
        (done.stop, done.responses),
        (StopReason::InvalidToolCalls, 5)
    );
    agent.check();
}

#[tokio::test]
async fn the_turns_of_a_session_are_limited_across_inputs() {
    let mut agent = Agent::with(endless("true"), SessionConfig::new().max_turns(3)).await;
    assert_eq!(
        agent.session.submit("go").await.unwrap().stop,
        StopReason::TurnLimit
    );
    let more = agent.session.submit("go on").await.unwrap();
    assert_eq!((more.stop, more.responses), (StopReason::TurnLimit, 0));
    assert_eq!(limit_of(&mut agent), Some((LimitKind::Turns, 3)));
    agent.check();
}

#[tokio::test]
async fn the_cost_is_checked_before_each_request() {
    let mut agent = Agent::with(endless("true"), SessionConfig::new().max_cost_micro_usd(1)).await;
    let done = agent.session.submit("go").await.unwrap();
    assert_eq!((done.stop, done.responses), (StopReason::CostLimit, 1));
    assert!(agent.session.cost_micro_usd() > 0);
    assert_eq!(limit_of(&mut agent), Some((LimitKind::Cost, 1)));
}

#[tokio::test]
async fn the_model_is_told_that_its_calls_repeat() {
    let config = SessionConfig::new()
        .loop_detection_window(3)
        .max_tool_rounds_per_input(5);
    let mut agent = Agent::with(endless("echo same"), config).await;
    agent.session.submit("go").await.unwrap();
    let loops = agent
        .events()
        .into_iter()
        .filter(|event| matches!(event, EventKind::LoopDetection { .. }));
    assert_eq!(loops.count(), 1);
    assert!(
        agent.requests()[3]
            .to_string()
            .contains("Loop detected: the last 3 tool calls")
    );
    agent.check();
}

#[tokio::test]
async fn calls_that_bring_something_new_are_no_loop() {
    let config = SessionConfig::new()
        .loop_detection_window(3)
        .max_tool_rounds_per_input(5);
    let mut agent = Agent::with(endless("echo x >> log; wc -l < log"), config).await;
    agent.session.submit("go").await.unwrap();
    assert!(!agent.event_names().contains(&"LOOP_DETECTION".to_owned()));
}

#[tokio::test]
async fn a_filling_context_window_is_announced_once_per_threshold() {
    let script = Script::new().turn(Say::text("Ok.").repeat());
    let mut agent = Agent::new(script).await;
    let window = attractor_agent::profile_for("anthropic", crate::support::MODEL)
        .unwrap()
        .context_window_size();
    let most = "word ".repeat(usize::try_from(window).unwrap() * 4 * 85 / 100 / 5);
    agent.session.submit(most).await.unwrap();
    agent.session.submit("more").await.unwrap();
    let warnings: Vec<_> = agent
        .events()
        .into_iter()
        .filter_map(|event| match event {
            EventKind::Warning { message } if message.contains("context window") => Some(message),
            _ => None,
        })
        .collect();
    assert_eq!(warnings, ["Context usage at ~85% of context window"]);
}
