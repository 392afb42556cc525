use std::fmt;

use async_trait::async_trait;
use futures::future::BoxFuture;

use super::{Answer, Interviewer, Question};
use crate::Error;

type Callback = dyn Fn(Question) -> BoxFuture<'static, Result<Answer, Error>> + Send + Sync;

/// Has a closure answer.
///
/// ```
/// use attractor_core::{Answer, CallbackInterviewer};
///
/// let interviewer = CallbackInterviewer::new(|question| async move {
///     Ok(question.options.last().map_or_else(Answer::skipped, Answer::option))
/// });
/// ```
///
/// Source: attractor-spec 6.4.
pub struct CallbackInterviewer(Box<Callback>);

impl CallbackInterviewer {
    /// An interviewer that passes each question to the closure.
    pub fn new<F, A>(callback: F) -> Self
    where
        F: Fn(Question) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Answer, Error>> + Send + 'static,
    {
        Self(Box::new(move |question| Box::pin(callback(question))))
    }
}

impl fmt::Debug for CallbackInterviewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackInterviewer")
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Interviewer for CallbackInterviewer {
    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        (self.0)(question.clone()).await
    }
}
