//! What ends an input before the model does, and what warns.

use std::time::Duration;

use attractor_agent::{
    Budget, BudgetLimits, EventKind, LimitKind, SessionConfig, SessionState, StopReason,
};
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
async fn the_budget_is_checked_before_each_request() {
    for (limits, kind, value) in [
        (
            BudgetLimits::new().max_cost_micro_usd(1),
            LimitKind::Cost,
            1,
        ),
        (
            BudgetLimits::new().max_tokens(1_100),
            LimitKind::Tokens,
            1_100,
        ),
        (BudgetLimits::new().max_turns(1), LimitKind::Turns, 1),
    ] {
        let budget = Budget::new(limits);
        let config = SessionConfig::new().budget(budget.clone());
        let mut agent = Agent::with(endless("true"), config).await;
        let done = agent.session.submit("go").await.unwrap();
        assert_eq!((done.stop, done.responses), (StopReason::BudgetLimit, 1));
        assert!(budget.spent().cost_micro_usd > 0);
        assert_eq!(budget.spent().tokens, agent.session.budget().spent().tokens);
        assert_eq!(limit_of(&mut agent), Some((kind, value)));
    }
}

#[tokio::test]
async fn the_time_is_checked_before_each_request() {
    let budget = Budget::new(BudgetLimits::new().max_wall_time(Duration::from_millis(1)));
    let config = SessionConfig::new().budget(budget);
    let mut agent = Agent::with(endless("true"), config).await;
    // Finding out what the prompt says takes longer than that.
    let done = agent.session.submit("go").await.unwrap();
    assert_eq!((done.stop, done.responses), (StopReason::BudgetLimit, 0));
    assert_eq!(limit_of(&mut agent), Some((LimitKind::WallTime, 1)));
}

#[tokio::test]
async fn sessions_that_share_a_budget_are_stopped_together() {
    let budget = Budget::new(BudgetLimits::new().max_turns(3));
    let of_session = || SessionConfig::new().budget(budget.clone());
    let mut first = Agent::with(
        endless("true"),
        of_session().budget(budget.child(BudgetLimits::new().max_turns(2))),
    )
    .await;
    let mut second = Agent::with(endless("true"), of_session()).await;
    assert_eq!(first.session.submit("go").await.unwrap().responses, 2);
    assert_eq!(second.session.submit("go").await.unwrap().responses, 1);
    assert_eq!(limit_of(&mut second), Some((LimitKind::Turns, 3)));
    assert_eq!(
        (budget.spent().turns, second.session.budget().spent().turns),
        (3, 1)
    );
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
