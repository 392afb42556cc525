//! Asking people: the interface that human gates use, and its implementations.

mod auto_approve;
mod callback;
mod console;
mod question;
mod queue;
mod recording;
mod replay;

use std::fmt::Debug;

use async_trait::async_trait;

use crate::Error;

pub use self::auto_approve::AutoApproveInterviewer;
pub use self::callback::CallbackInterviewer;
pub use self::console::ConsoleInterviewer;
pub use self::question::{Answer, AnswerValue, Question, QuestionKind, QuestionOption};
pub use self::queue::QueueInterviewer;
pub use self::recording::{Recorded, RecordingInterviewer};
pub use self::replay::ReplayInterviewer;

/// A way to reach a person.
///
/// Source: attractor-spec 6.1.
#[async_trait]
pub trait Interviewer: Debug + Send + Sync + 'static {
    /// Asks one question and waits for the answer.
    ///
    /// # Behavior
    ///
    /// - Returns [`AnswerValue::Skipped`] when nobody can answer (end of input, empty queue):
    ///   silence is never a yes.
    /// - Waits as long as it takes; the caller enforces [`Question::timeout_ms`] and cancels by
    ///   dropping the future, after which nothing may be read or consumed any more.
    ///
    /// # Errors
    ///
    /// Any kind, if the person can't be reached.
    async fn ask(&self, question: &Question) -> Result<Answer, Error>;

    /// Asks several questions, one after the other unless the implementation can do better.
    ///
    /// # Errors
    ///
    /// The first error of [`ask`](Interviewer::ask).
    async fn ask_multiple(&self, questions: &[Question]) -> Result<Vec<Answer>, Error> {
        let mut answers = Vec::with_capacity(questions.len());
        for question in questions {
            answers.push(self.ask(question).await?);
        }
        Ok(answers)
    }

    /// Tells the person something that needs no answer.
    ///
    /// # Errors
    ///
    /// Any kind, if the person can't be reached.
    async fn inform(&self, message: &str, stage: &str) -> Result<(), Error> {
        let _ = (message, stage);
        Ok(())
    }
}

const _: Option<&dyn Interviewer> = None;
