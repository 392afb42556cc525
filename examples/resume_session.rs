//! A session that goes on in another process: recorded to a file while it works, resumed from it,
//! and forked to try another way.
//!
//! With a key in the environment it asks the real model, else a scripted one on loopback.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use std::{error::Error, sync::Arc};

use attractor_agent::{LocalEnvironment, Session, SessionConfig, Turn};
use attractor_llm::testing::{Script, Turn as Say};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("session.jsonl");
    let environment = Arc::new(LocalEnvironment::new(directory.path())?);
    let model = attractor_examples::model(script()).await?;
    let (client, profile) = (&model.client, &model.profile);

    let config = SessionConfig::new();
    let mut session = Session::new(client.clone(), profile.clone(), environment.clone(), config);
    session.record_to(&file)?;
    let done = session
        .submit("Write a haiku about resuming to haiku.txt.")
        .await?;
    println!("first process: {}", done.text);
    drop(session);

    // Whatever ended the process, a kill included: the conversation is in the file.
    let lines = std::fs::read_to_string(&file)?.lines().count();
    println!("session.jsonl has {lines} lines");
    let config = SessionConfig::new();
    let environment = environment.clone();
    let mut session = Session::resume(client.clone(), profile.clone(), environment, config, &file)?;
    let spent = session.budget().spent();
    println!("resumed after {} answers", spent.turns);
    let done = session.submit("How many lines has it?").await?;
    println!("second process: {}", done.text);

    // Another way from the point where the file was written.
    let inputs = |turn: &Turn| matches!(turn, Turn::User { .. });
    let second = session.history().iter().rposition(inputs);
    let mut fork = session.fork_at(second.unwrap_or_default())?;
    let done = fork.submit("Which line do you like best?").await?;
    println!("fork: {}", done.text);
    Ok(())
}

fn script() -> Script {
    let haiku = "The process is gone.\nThe file remembers each word.\nWe go on from there.\n";
    let write = json!({"file_path": "haiku.txt", "content": haiku});
    Script::new()
        .turn(Say::tool_call("write_file", write))
        .turn(Say::text("It's in haiku.txt."))
        .turn(Say::text("Three, as I wrote it."))
        .turn(Say::text("The second one."))
}
