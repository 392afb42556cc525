use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{Answer, Interviewer, Question};
use crate::Error;

/// Gives answers that were prepared in advance; skips every question beyond.
///
/// Source: attractor-spec 6.4.
#[derive(Debug, Default)]
pub struct QueueInterviewer {
    answers: Mutex<VecDeque<Answer>>,
}

impl QueueInterviewer {
    /// An interviewer with these answers, in order.
    pub fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self {
            answers: Mutex::new(answers.into_iter().collect()),
        }
    }
}

#[async_trait]
impl Interviewer for QueueInterviewer {
    async fn ask(&self, _question: &Question) -> Result<Answer, Error> {
        // A single change under the lock can't be torn by a panic.
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(answers.pop_front().unwrap_or_else(Answer::skipped))
    }
}
