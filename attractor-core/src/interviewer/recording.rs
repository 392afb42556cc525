use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::{Answer, Interviewer, Question};
use crate::Error;

/// Passes questions to another interviewer and keeps what was asked and answered.
///
/// Source: attractor-spec 6.4.
#[derive(Debug)]
pub struct RecordingInterviewer {
    inner: Arc<dyn Interviewer>,
    recordings: Mutex<Vec<(Question, Answer)>>,
}

impl RecordingInterviewer {
    /// An interviewer around another one.
    pub fn new(inner: Arc<dyn Interviewer>) -> Self {
        Self {
            inner,
            recordings: Mutex::default(),
        }
    }

    /// Everything asked and answered so far, in order.
    pub fn recordings(&self) -> Vec<(Question, Answer)> {
        self.recordings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[async_trait]
impl Interviewer for RecordingInterviewer {
    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        let answer = self.inner.ask(question).await?;
        // A single change under the lock can't be torn by a panic.
        let mut recordings = self
            .recordings
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        recordings.push((question.clone(), answer.clone()));
        Ok(answer)
    }

    async fn inform(&self, message: &str, stage: &str) -> Result<(), Error> {
        self.inner.inform(message, stage).await
    }
}
