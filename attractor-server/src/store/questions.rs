use std::fmt::Debug;

use async_trait::async_trait;
use serde_json::Value;

use super::Fence;
use crate::domain::{
    Error, NewEvent, NewQuestion, ProjectId, QuestionId, RunId, RunQuestion, Timestamp,
};

/// The table of questions that runs ask people.
#[async_trait]
pub trait Questions: Debug + Send + Sync + 'static {
    /// Asks a question, with the event that tells it. If the run has asked one with that key, it's
    /// that question, whatever has become of it, and no event. `Conflict` with the code `stale_attempt`
    /// if the attempt isn't under way any more.
    async fn ask(
        &self,
        run: &RunId,
        fence: Fence,
        new: NewQuestion,
        event: NewEvent,
    ) -> Result<RunQuestion, Error>;

    /// One question of a run.
    async fn question(&self, run: &RunId, id: &QuestionId) -> Result<RunQuestion, Error>;

    /// All questions of a run, oldest first.
    async fn questions(&self, run: &RunId) -> Result<Vec<RunQuestion>, Error>;

    /// Questions that wait, of all runs that aren't over or those of one project, oldest first; at most
    /// `limit`.
    async fn pending_questions(
        &self,
        project: Option<&ProjectId>,
        limit: u32,
    ) -> Result<Vec<RunQuestion>, Error>;

    /// Answers a question that waits, with the event that tells it. `Conflict` with the code
    /// `not_pending` if it doesn't.
    async fn answer(
        &self,
        run: &RunId,
        id: &QuestionId,
        answer: Value,
        by: &str,
        event: NewEvent,
    ) -> Result<RunQuestion, Error>;

    /// Closes a question that nobody has answered and whose time isn't after `at`, with the event that
    /// tells it; says whether it still waited.
    async fn expire_question(
        &self,
        run: &RunId,
        id: &QuestionId,
        at: Timestamp,
        event: NewEvent,
    ) -> Result<bool, Error>;
}
