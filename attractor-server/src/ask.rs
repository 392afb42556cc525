//! Asking the person at the terminal, without tearing the live view.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use attractor_core::interviewer::ConsoleInterviewer;
use attractor_core::{Answer, Error, Interviewer, Question};

use crate::progress::Screen;

/// How long a question waits for the live view to make room; the event that tells it to may be
/// among those that a slow terminal missed.
const ROOM_LIMIT: Duration = Duration::from_secs(1);

/// Asks on standard error and reads standard input, once the live view has made room.
///
/// Nothing blocks while a person thinks: the run can be interrupted at the question.
#[derive(Debug)]
pub(crate) struct TerminalInterviewer {
    console: ConsoleInterviewer,
    screen: Option<Arc<Screen>>,
}

impl TerminalInterviewer {
    /// An interviewer that shares the terminal with this screen, if there is one.
    pub(crate) fn new(screen: Option<Arc<Screen>>) -> Result<TerminalInterviewer, Error> {
        Ok(TerminalInterviewer {
            console: ConsoleInterviewer::stdio()?,
            screen,
        })
    }
}

#[async_trait]
impl Interviewer for TerminalInterviewer {
    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        if let Some(screen) = &self.screen {
            let _ = tokio::time::timeout(ROOM_LIMIT, screen.room()).await;
        }
        self.console.ask(question).await
    }
}
