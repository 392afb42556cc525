//! The handler of human gates: the edges become a question, the answer becomes an edge.

mod choice;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, timeout};

use self::choice::{Choice, choices};
use super::{Handler, StageContext, StageProgress};
use crate::Error;
use crate::interviewer::{Answer, AnswerValue, Interviewer, Question, QuestionKind};
use crate::state::{FailureKind, Outcome};

/// Asks a person which way to go.
///
/// The options are the node's outgoing edges. The node's `timeout` limits the wait; then the
/// edge that `human.default_choice` names, by label, key or target, is taken, and without one
/// the stage asks to be retried. An answer that matches no option, or none at all, never chooses.
///
/// Source: attractor-spec 4.6.
#[derive(Clone, Debug)]
pub struct WaitHumanHandler {
    interviewer: Arc<dyn Interviewer>,
}

impl WaitHumanHandler {
    /// A handler that asks through this interviewer.
    pub fn new(interviewer: Arc<dyn Interviewer>) -> Self {
        Self { interviewer }
    }

    /// Asks, and turns the end of patience into an answer.
    async fn ask(&self, stage: &StageContext, question: &Question) -> Result<Answer, Error> {
        let began = Instant::now();
        let progress = stage.progress();
        progress.send(StageProgress::InterviewStarted {
            question: question.clone(),
        });
        let answer = match question.timeout_ms.map(Duration::from_millis) {
            None => self.interviewer.ask(question).await?,
            Some(limit) => match timeout(limit, self.interviewer.ask(question)).await {
                Ok(answer) => answer?,
                Err(_) => Answer::timeout(),
            },
        };
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        if answer.value == AnswerValue::Timeout {
            progress.send(StageProgress::InterviewTimeout { duration_ms });
        } else {
            let answer = answer.clone();
            progress.send(StageProgress::InterviewCompleted {
                answer,
                duration_ms,
            });
        }
        Ok(answer)
    }
}

#[async_trait]
impl Handler for WaitHumanHandler {
    async fn execute(&self, stage: &StageContext) -> Result<Outcome, Error> {
        let node = stage.node();
        let choices = choices(stage.graph().outgoing(node.id()));
        if choices.is_empty() {
            let outcome = Outcome::fail("no outgoing edges for human gate");
            return Ok(outcome.with_failure_kind(FailureKind::Terminal));
        }
        let default = node.attr("human.default_choice").map(ToString::to_string);
        let default = default.and_then(|name| Choice::find(&choices, &name));
        let mut question = Question::new(stage.path(), QuestionKind::MultipleChoice, &node.label);
        question.options = choices.iter().map(|choice| choice.option.clone()).collect();
        question.default = default.map(|choice| Answer::option(&choice.option));
        question.timeout_ms = node
            .timeout
            .map(|limit| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX));

        let answer = self.ask(stage, &question).await?;
        let chosen = match &answer.value {
            AnswerValue::Timeout => match default {
                Some(choice) => choice,
                None => return Ok(Outcome::retry("human gate timeout, no default")),
            },
            AnswerValue::Skipped => {
                let outcome = Outcome::fail("human skipped interaction");
                return Ok(outcome.with_failure_kind(FailureKind::Terminal));
            }
            _ => match Choice::answered(&choices, &answer) {
                Some(choice) => choice,
                None => {
                    let text = format!("the answer {:?} is none of the options", answer.summary());
                    return Ok(Outcome::retry(text));
                }
            },
        };
        Ok(chosen.outcome(&answer))
    }

    fn enforces_timeout(&self) -> bool {
        true
    }
}
