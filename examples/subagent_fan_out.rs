//! An agent that gives three subagents a part of its task each, waits for all and puts their
//! reports together; and how a host watches the subagents.
//!
//! With a key in the environment it asks the real model, else a scripted one on loopback.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use std::{error::Error, fs, sync::Arc};

use attractor_agent::{
    Budget, BudgetLimits, EventKind, LocalEnvironment, Session, SessionConfig, SubagentLimits,
};
use attractor_llm::testing::{Match, Script, Turn};
use futures::StreamExt as _;
use serde_json::json;

const TASK: &str = "Count the lines of each of the files a.txt, b.txt and c.txt, with a subagent \
                    for each file at the same time, and tell me the sum.";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let model = attractor_examples::model(script()).await?;
    let directory = tempfile::tempdir()?;
    for (name, lines) in [("a.txt", 10), ("b.txt", 20), ("c.txt", 30)] {
        fs::write(directory.path().join(name), "line\n".repeat(lines))?;
    }
    let environment = Arc::new(LocalEnvironment::new(directory.path())?);
    // What the subagents spend is taken from the same budget.
    let budget = Budget::new(BudgetLimits::new().max_turns(50));
    let limits = SubagentLimits::new()
        .max_running(3)
        .max_wall_time_ms(300_000);
    let config = SessionConfig::new()
        .budget(budget.clone())
        .subagents(limits);
    let mut session = Session::new(model.client, model.profile, environment, config);

    let mut events = session.events();
    let watch = async {
        while let Some(event) = events.next().await {
            match event.kind {
                EventKind::SubagentStart { agent_id, task, .. } => println!("{agent_id}: {task}"),
                EventKind::SubagentEvent { agent_id, event } => {
                    if let EventKind::ToolCallStart {
                        tool_name, summary, ..
                    } = event.kind
                    {
                        println!("{agent_id}: [{tool_name}] {summary}");
                    }
                }
                EventKind::SubagentEnd {
                    agent_id,
                    status,
                    result,
                    ..
                } => {
                    println!("{agent_id}: {} {}", status.as_str(), result.output.trim());
                }
                EventKind::ProcessingEnd { .. } => break,
                _ => {}
            }
        }
    };
    let (done, ()) = tokio::join!(session.submit(TASK), watch);
    println!("{}", done?.text);
    println!("({} answers of models in all)", budget.spent().turns);
    Ok(())
}

fn script() -> Script {
    let parent = |turn: Turn| turn.when(Match::any().any_message_contains(TASK));
    let (mut spawn, mut wait, mut script) = (Turn::empty(), Turn::empty(), Script::new());
    for (number, name) in ["a.txt", "b.txt", "c.txt"].into_iter().enumerate() {
        let task = format!("Count the lines of the file {name}");
        let child = |turn: Turn| turn.when(Match::any().any_message_contains(&task));
        let count = json!({"command": format!("wc -l < {name}")});
        let report = Turn::text(format!("{name} has {} lines.", 10 * (number + 1)));
        script = script
            .turn(child(Turn::tool_call("shell", count)))
            .turn(child(report));
        spawn = spawn.and_tool_call("spawn_agent", json!({"task": task}));
        let id = format!("agent-{}", number + 1);
        wait = wait.and_tool_call("wait", json!({"agent_id": id}));
    }
    let sum = Turn::text("60 lines in all.");
    script
        .turn(parent(spawn))
        .turn(parent(wait))
        .turn(parent(sum))
}
