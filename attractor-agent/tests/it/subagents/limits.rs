//! What subagents may not: go deep, hang, be many, spend.

use attractor_agent::{Budget, BudgetLimits, EventKind, SessionConfig, StopReason, SubagentLimits};
use attractor_llm::testing::{Script, Turn as Say};
use serde_json::json;

use super::{child, parent, requests_of, results, run, shell, spawn, tool_names, wait};
use crate::support::{Agent, blocks, tool_results};

#[tokio::test]
async fn a_subagent_has_no_subagents_unless_they_may_be_deeper() {
    for (depth, expected) in [(0, [false, false]), (1, [true, false]), (2, [true, true])] {
        let script = Script::new()
            .turn(parent(spawn("go deeper")))
            .turn(child("go deeper", spawn("and deeper")))
            .turn(child("and deeper", Say::text("Bottom.")))
            .turn(child("go deeper", wait("agent-1")))
            .turn(child("go deeper", Say::text("Back.")))
            .turn(parent(wait("agent-1")))
            .turn(parent(Say::text("Done.")));
        let config = SessionConfig::new().max_subagent_depth(depth);
        let mut agent = Agent::with(script, config).await;
        run(&mut agent).await;
        let first = agent.requests().remove(0);
        assert_eq!(tool_names(&first).contains(&"spawn_agent"), expected[0]);
        let below = requests_of(&agent, "go deeper");
        if depth == 0 {
            assert!(results(&agent)[0].contains("Unknown tool: spawn_agent"));
            assert!(below.is_empty());
            continue;
        }
        assert_eq!(tool_names(&below[0]).contains(&"spawn_agent"), expected[1]);
        let answer = tool_results(&below[1]).remove(0);
        let is_deeper = !requests_of(&agent, "and deeper").is_empty();
        assert_eq!(is_deeper, expected[1], "{answer}");
        assert_eq!(answer.contains("Unknown tool: spawn_agent"), !expected[1]);
    }
}

#[tokio::test]
async fn a_wait_that_is_too_short_is_no_failure() {
    let script = Script::new()
        .turn(parent(spawn("take long")))
        .turn(child("take long", Say::silence()))
        .turn(parent(Say::tool_call(
            "wait",
            json!({"agent_id": "agent-1", "timeout_ms": 30}),
        )))
        .turn(parent(Say::tool_call(
            "close_agent",
            json!({"agent_id": "agent-1"}),
        )))
        .turn(parent(wait("agent-1")))
        .turn(parent(Say::text("Given up.")));
    let mut agent = Agent::new(script).await;
    run(&mut agent).await;
    let results = results(&agent);
    assert!(
        results[1].contains("agent-1: RUNNING, 0 turns so far"),
        "{results:?}"
    );
    assert!(results[1].contains("no failure"), "{results:?}");
    assert!(
        results[2].contains("closed before it was done"),
        "{results:?}"
    );
    assert!(
        results[3].contains("agent-1: FAILED (success: false"),
        "{results:?}"
    );
    let last = agent.requests().pop().unwrap();
    let errors = blocks(&last)
        .into_iter()
        .filter(|(_, block)| block["is_error"] == true);
    assert_eq!(errors.count(), 1, "only the wait for what has failed");
}

#[tokio::test]
async fn silence_and_slowness_end_a_subagent() {
    let cases = [
        (SubagentLimits::new().idle_timeout_ms(40), "no sign of life"),
        (
            SubagentLimits::new().max_wall_time_ms(40),
            "took longer than",
        ),
    ];
    for (limits, reason) in cases {
        let script = Script::new()
            .turn(parent(spawn("hang")))
            .turn(child("hang", Say::silence()))
            .turn(parent(wait("agent-1")))
            .turn(parent(Say::text("It hung.")));
        let mut agent = Agent::with(script, SessionConfig::new().subagents(limits)).await;
        run(&mut agent).await;
        assert!(results(&agent)[1].contains(reason), "{:?}", results(&agent));
    }
}

#[tokio::test]
async fn only_so_many_run_at_a_time() {
    let script = Script::new()
        .turn(parent(
            spawn("first").and_tool_call("spawn_agent", json!({"task": "second"})),
        ))
        .turn(child("first", Say::silence()))
        .turn(parent(Say::text("One only.")));
    let limits = SubagentLimits::new().max_running(1);
    let mut agent = Agent::with(script, SessionConfig::new().subagents(limits)).await;
    run(&mut agent).await;
    assert!(
        results(&agent)[1].contains("1 subagents are running already"),
        "{:?}",
        results(&agent)
    );
    let warned = agent.events().into_iter().any(
        |event| matches!(event, EventKind::Warning { message } if message.contains("agent-1")),
    );
    assert!(warned, "the host is told that one is still at work");
}

#[tokio::test]
async fn what_subagents_spend_their_parent_has_spent() {
    let script = Script::new()
        .turn(parent(
            spawn("spend").and_tool_call("spawn_agent", json!({"task": "save"})),
        ))
        .turn(child("spend", shell("echo one")))
        .turn(child("spend", shell("echo two")))
        .turn(child("save", shell("echo little")))
        .turn(child("save", Say::text("Saved.")).repeat())
        .turn(parent(wait("agent-1")).repeat());
    let budget = Budget::new(BudgetLimits::new().max_turns(5));
    let mut agent = Agent::with(script, SessionConfig::new().budget(budget.clone())).await;
    assert_eq!(run(&mut agent).await.stop, StopReason::BudgetLimit);
    let spent = budget.spent().turns;
    // What was asked before the limit was reached is answered: one request of each at most.
    assert!((5..=7).contains(&spent), "{spent}");
    assert_eq!(agent.session.budget().spent().turns, spent);
    let ended = agent.events().into_iter().any(|event| {
        matches!(event, EventKind::SubagentEnd { result, .. }
            if result.failure.as_deref() == Some("the budget is used up"))
    });
    assert!(ended);
}
