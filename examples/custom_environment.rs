//! An execution environment of one's own: files in a directory that both sides see, commands
//! elsewhere, such as in a container. It passes the suite for environments; an agent works in it.
//!
//! The arguments are put before each command, `docker exec -w /repo box sh -c` for instance; without
//! any it is a shell without variables. With a key it asks the real model, else a scripted one.

#![expect(clippy::print_stdout, reason = "an example prints what it shows")]

use std::{error::Error as StdError, sync::Arc};

use attractor_agent::testing::environment_suite::Suite;
use attractor_agent::{
    Bytes, CommandExecution, DirEntry, Error, ExecCommand, ExecResult, ExecutionEnvironment,
    FileOperations, LocalEnvironment, SearchOperations, Session, SessionConfig, async_trait,
};
use attractor_llm::testing::{Script, Turn};
use serde_json::json;

#[derive(Debug)]
struct Elsewhere(LocalEnvironment, String);

#[async_trait]
impl CommandExecution for Elsewhere {
    async fn exec_command(&self, mut command: ExecCommand) -> Result<ExecResult, Error> {
        let quote = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
        for (name, value) in std::mem::take(&mut command.variables) {
            command.command = format!("export {name}={}; {}", quote(&value), command.command);
        }
        command.command = format!("{} {}", self.1, quote(&command.command));
        self.0.exec_command(command).await
    }
}

#[async_trait]
impl FileOperations for Elsewhere {
    async fn read_file(&self, path: &str) -> Result<Bytes, Error> {
        self.0.read_file(path).await
    }
    async fn write_file(&self, path: &str, content: &[u8]) -> Result<(), Error> {
        self.0.write_file(path, content).await
    }
    async fn remove_file(&self, path: &str) -> Result<(), Error> {
        self.0.remove_file(path).await
    }
    async fn file_exists(&self, path: &str) -> Result<bool, Error> {
        self.0.file_exists(path).await
    }
    async fn list_directory(&self, path: &str, depth: usize) -> Result<Vec<DirEntry>, Error> {
        self.0.list_directory(path, depth).await
    }
    async fn canonical_path(&self, path: &str) -> Result<String, Error> {
        self.0.canonical_path(path).await
    }
}

/// Searches with what comes with the trait: through the file operations.
impl SearchOperations for Elsewhere {}

#[async_trait]
impl ExecutionEnvironment for Elsewhere {
    fn working_directory(&self) -> &str {
        self.0.working_directory()
    }
    fn platform(&self) -> &str {
        "linux"
    }
    fn os_version(&self) -> &str {
        "of the container"
    }
    async fn scratch_directory(&self) -> Result<String, Error> {
        self.0.scratch_directory().await
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let mut prefix = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    if prefix.is_empty() {
        prefix = "env -i /bin/sh -c".to_owned();
    }
    let directory = tempfile::tempdir()?;
    let environment = Arc::new(Elsewhere(LocalEnvironment::new(directory.path())?, prefix));
    let suite = Suite::new(&*environment).without_running_commands();
    println!("what the suite finds wrong: {:?}", suite.run().await);

    let look = Turn::tool_call("shell", json!({"command": "env"}));
    let answer = Turn::text("There is next to nothing.");
    let model = attractor_examples::model(Script::new().turn(look).turn(answer)).await?;
    let config = SessionConfig::new();
    let mut session = Session::new(model.client, model.profile, environment, config);
    let done = session.submit("Which variables do commands see?").await?;
    println!("{}", done.text);
    Ok(())
}
