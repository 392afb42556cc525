use std::future::pending;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::script::{Act, Script, ScriptedAttempt};
use crate::handler::{
    CodergenBackend, CodergenRequest, CodergenResult, Handler, StageContext, StageProgress,
};
use crate::state::{Outcome, StatusFile};
use crate::{Error, ErrorKind};

/// A handler that plays a script.
#[derive(Debug, Default)]
pub struct ScriptedHandler {
    script: Script,
    executed: Mutex<Vec<String>>,
}

impl ScriptedHandler {
    /// A handler that plays this script.
    pub fn new(script: Script) -> Self {
        Self {
            script,
            executed: Mutex::default(),
        }
    }

    /// What was executed: `node/visit/attempt`, in a branch after its path and a colon, in order.
    pub fn executed(&self) -> Vec<String> {
        self.executed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[async_trait]
impl Handler for ScriptedHandler {
    async fn execute(&self, stage: &StageContext) -> Result<Outcome, Error> {
        note(&self.executed, stage);
        play(&self.script, stage).await?.outcome()
    }
}

/// A backend that plays a script and keeps the prompts it gets.
#[derive(Debug, Default)]
pub struct ScriptedBackend {
    script: Script,
    executed: Mutex<Vec<String>>,
    prompts: Mutex<Vec<String>>,
}

impl ScriptedBackend {
    /// A backend that plays this script.
    pub fn new(script: Script) -> Self {
        Self {
            script,
            ..Self::default()
        }
    }

    /// What was executed: `node/visit/attempt`, in a branch after its path and a colon, in order.
    pub fn executed(&self) -> Vec<String> {
        self.executed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The prompts, each with the fidelity and the thread it came with.
    pub fn prompts(&self) -> Vec<String> {
        self.prompts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[async_trait]
impl CodergenBackend for ScriptedBackend {
    async fn run(&self, request: CodergenRequest<'_>) -> Result<CodergenResult, Error> {
        note(&self.executed, request.stage);
        let thread = request.thread.as_deref().unwrap_or("-");
        let prompt = format!("[{} {thread}] {}", request.fidelity, request.prompt);
        self.prompts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(prompt);
        let attempt = play(&self.script, request.stage).await?;
        Ok(match attempt.response.clone() {
            Some(response) => CodergenResult::Text(response),
            None => CodergenResult::Outcome {
                response: format!("answer of {}", request.stage.node().id()),
                outcome: attempt.outcome()?,
            },
        })
    }
}

fn note(executed: &Mutex<Vec<String>>, stage: &StageContext) {
    let branch = stage.branch();
    let entry = format!(
        "{}{}/{}/{}",
        branch.map_or_else(String::new, |branch| format!("{branch}:")),
        stage.node().id(),
        stage.visit(),
        stage.attempt()
    );
    executed
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(entry);
}

/// Plays an attempt up to its end.
#[expect(clippy::panic, reason = "the script asks for a panic")]
async fn play(script: &Script, stage: &StageContext) -> Result<ScriptedAttempt, Error> {
    let attempt = script.attempt(stage.node().id(), stage.execution());
    for report in &attempt.reports {
        stage.progress().send(report.clone());
    }
    if attempt.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(attempt.delay_ms)).await;
    }
    let notes = attempt.status.notes.as_str();
    match attempt.act {
        Act::Return => Ok(attempt),
        Act::Panic => panic!("{notes}"),
        Act::TransientError => Err(Error::new(ErrorKind::Transient, notes)),
        Act::TerminalError => Err(Error::new(ErrorKind::Terminal, notes)),
        Act::Never => pending().await,
        Act::AwaitSteering => {
            let message = stage.steering().next().await;
            stage.progress().send(StageProgress::Steered {
                message: message.clone(),
            });
            let mut attempt = attempt.answering(message.clone());
            attempt.status.notes = message;
            Ok(attempt)
        }
    }
}

impl ScriptedAttempt {
    fn outcome(&self) -> Result<Outcome, Error> {
        StatusFile::parse(self.status.render().as_bytes())
    }
}
