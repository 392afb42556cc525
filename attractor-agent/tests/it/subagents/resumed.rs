//! A session that is resumed from its file has no subagents any more.

use attractor_agent::{Session, SessionConfig, check_history};
use attractor_llm::testing::{Script, Turn as Say};

use super::{JOB, child, parent, results, spawn, wait};
use crate::support::{Agent, client, profile};

#[tokio::test]
async fn a_wait_for_a_subagent_of_an_earlier_life_says_so() {
    let script = Script::new()
        .turn(parent(spawn("begin it")))
        .turn(child("begin it", Say::silence()))
        .turn(parent(Say::text("It works on.")))
        .turn(parent(wait("agent-1")))
        .turn(parent(spawn("do the rest")))
        .turn(child("do the rest", Say::text("Done.")))
        .turn(parent(wait("agent-2")))
        .turn(parent(Say::text("All there.")));
    let mut agent = Agent::new(script).await;
    let path = agent.workspace.path().join("session.jsonl");
    agent.session.record_to(&path).unwrap();
    agent.session.submit(JOB).await.unwrap();
    // The file is free when the session is gone.
    agent.session = agent.session.fork_at(0).unwrap();
    agent.session = Session::resume(
        client(&agent.server),
        profile(),
        agent.workspace.environment.clone(),
        SessionConfig::new(),
        &path,
    )
    .unwrap();
    let done = agent.session.submit("And now?").await.unwrap();
    assert_eq!(done.text, "All there.");
    let results = results(&agent);
    assert!(results[1].contains("agent-1 is gone"), "{results:?}");
    assert!(results[2].contains("agent_id: agent-2"), "{results:?}");
    assert!(results[3].contains("agent-2: COMPLETED"), "{results:?}");
    check_history(&agent.session.messages()).unwrap();
}
