use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{QuestionId, RunId, Timestamp};

/// Where a question is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum QuestionStatus {
    /// It waits for an answer.
    Pending,
    /// Somebody has answered.
    Answered,
    /// Nobody has answered in time, or its run is over.
    Timeout,
}

/// Something that a run asks a person.
///
/// Source: contract, 3.2 (RunQuestion); `kind`, `key` and the default are ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunQuestion {
    /// Its id.
    pub id: QuestionId,
    /// The run.
    pub run_id: RunId,
    /// Which execution of which node asks: a runner that asks once more finds what was asked.
    pub key: String,
    /// The node.
    pub node_id: String,
    /// What is asked.
    pub prompt: String,
    /// The form of the question as the engine has it: its kind, options, default.
    pub question: Value,
    /// The keys and labels to choose from, if there are any.
    pub options: Option<Value>,
    /// The answer as the engine takes it.
    pub answer: Option<Value>,
    /// Who answered.
    pub answered_by: Option<String>,
    /// Where it is in its life.
    pub status: QuestionStatus,
    /// When it was asked.
    pub created_at: Timestamp,
    /// When its default is taken, if nobody has answered by then.
    pub expires_at: Option<Timestamp>,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
}

/// A question to be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewQuestion {
    /// Which execution of which node asks.
    pub key: String,
    /// The node.
    pub node_id: String,
    /// What is asked.
    pub prompt: String,
    /// The form of the question as the engine has it.
    pub question: Value,
    /// The keys and labels to choose from, if there are any.
    pub options: Option<Value>,
    /// When its default is taken.
    pub expires_at: Option<Timestamp>,
}
