use async_trait::async_trait;

use super::{Answer, Interviewer, Question, QuestionKind};
use crate::Error;

/// Says yes, or takes the first option: for automation without anybody to ask.
///
/// Source: attractor-spec 6.4.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct AutoApproveInterviewer;

impl AutoApproveInterviewer {
    /// An interviewer that approves everything.
    pub fn new() -> Self {
        Self
    }
}

#[async_trait]
impl Interviewer for AutoApproveInterviewer {
    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        Ok(match (question.kind, question.options.first()) {
            (QuestionKind::YesNo | QuestionKind::Confirmation, _) => Answer::yes(),
            (QuestionKind::MultipleChoice, Some(first)) => Answer::option(first),
            _ => Answer::text("auto-approved"),
        })
    }
}
