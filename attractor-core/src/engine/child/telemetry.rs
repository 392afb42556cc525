//! What is known of a child run, gathered from its journal.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use crate::graph::NodeId;
use crate::handler::StageProgress;
use crate::run::limits::TELEMETRY_NODES;
use crate::run::{JournalEntry, RunEvent, UsageTotals};
use crate::state::Context;

/// What a manager sees of its child run.
///
/// Source: attractor-spec 4.11.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Telemetry {
    /// The run.
    pub run_id: String,
    /// Name of its graph.
    pub name: String,
    /// Whether it's being executed or how it ended.
    pub status: ChildStatus,
    /// The stages that are being executed, but for start, exit and conditional ones, by branch;
    /// the main walk's has an empty key.
    pub current: BTreeMap<String, NodeId>,
    /// Stages that were completed, successful or not.
    pub completed: u64,
    /// Those of them that did work, the newest at the end.
    pub completed_nodes: VecDeque<NodeId>,
    /// The last stage that did work, and the word of its outcome.
    pub last: Option<(NodeId, String)>,
    /// Attempts that failed and were repeated.
    pub retries: u64,
    /// Stages that failed for good.
    pub failures: u64,
    /// Why the last attempt that failed did so, or why the run did.
    pub failure_reason: Option<String>,
    /// Artifacts that its stages have stored.
    pub artifacts: u64,
    /// Warnings of its stages.
    pub warnings: u64,
    /// Calls of tools by its models.
    pub tool_calls: u64,
    /// The last message of a model.
    pub last_text: Option<String>,
    /// Questions that wait for a person, by branch.
    pub questions: BTreeMap<String, String>,
    /// What its models have used.
    pub usage: UsageTotals,
    /// Its context after the last completed stage.
    pub context: Context,
}

/// Whether a child run is being executed, or how it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChildStatus {
    /// It hasn't begun.
    #[default]
    NotStarted,
    /// It's being executed.
    Running,
    /// It has succeeded.
    Completed,
    /// It has failed.
    Failed,
    /// It was stopped.
    Stopped,
}

impl ChildStatus {
    /// The word in the context key `stack.child.status`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    /// The word in the context key `stack.child.outcome`; empty while there is none.
    pub fn outcome(self) -> &'static str {
        match self {
            Self::Completed => "success",
            Self::Failed => "fail",
            _ => "",
        }
    }
}

/// Whether a handler does nothing that a manager wants to know of.
fn is_bare(handler: &str) -> bool {
    ["start", "exit", "conditional"].contains(&handler)
}

impl Telemetry {
    /// Adds what an entry of the child's journal says.
    pub fn add(&mut self, entry: &JournalEntry) {
        let branch = || entry.branch.as_ref().map_or("", |path| path.as_str());
        match &entry.event {
            RunEvent::RunStarted { run_id, name, .. } => {
                self.run_id.clone_from(run_id);
                self.name.clone_from(name);
                self.status = ChildStatus::Running;
            }
            RunEvent::RunResumed { .. } => {
                self.status = ChildStatus::Running;
                self.current.clear();
                self.questions.clear();
            }
            RunEvent::RunInterrupted { .. } => self.end(ChildStatus::Stopped, None),
            RunEvent::RunCompleted { .. } => self.end(ChildStatus::Completed, None),
            RunEvent::RunFailed { error, .. } => self.end(ChildStatus::Failed, Some(error)),
            RunEvent::StageStarted { node, handler, .. } if !is_bare(handler) => {
                self.current.insert(branch().to_owned(), node.clone());
            }
            RunEvent::StageFailed {
                will_retry: true,
                error,
                ..
            } => {
                self.retries += 1;
                self.failure_reason = Some(error.clone());
                self.current.remove(branch());
            }
            RunEvent::StageFailed {
                node,
                outcome,
                error,
                ..
            } => {
                self.failures += 1;
                self.failure_reason = Some(error.clone());
                self.complete(branch(), node, outcome.word());
            }
            RunEvent::StageCompleted { node, outcome, .. } => {
                self.complete(branch(), node, outcome.word());
            }
            RunEvent::Progress { progress, .. } => self.report(branch(), progress),
            _ => {}
        }
    }

    fn report(&mut self, branch: &str, progress: &StageProgress) {
        self.usage.count(progress);
        match progress {
            StageProgress::Warning { .. } => self.warnings += 1,
            StageProgress::ToolCallStarted { .. } => self.tool_calls += 1,
            StageProgress::ArtifactStored { .. } => self.artifacts += 1,
            StageProgress::Text { text } => self.last_text = Some(text.clone()),
            StageProgress::InterviewStarted { question } => {
                self.questions
                    .insert(branch.to_owned(), question.text.clone());
            }
            StageProgress::InterviewCompleted { .. } | StageProgress::InterviewTimeout { .. } => {
                self.questions.remove(branch);
            }
            _ => {}
        }
    }

    fn complete(&mut self, branch: &str, node: &NodeId, word: &str) {
        self.completed += 1;
        self.questions.remove(branch);
        if self.current.remove(branch).is_none() {
            return;
        }
        self.last = Some((node.clone(), word.to_owned()));
        if self.completed_nodes.len() == TELEMETRY_NODES {
            self.completed_nodes.pop_front();
        }
        self.completed_nodes.push_back(node.clone());
    }

    fn end(&mut self, status: ChildStatus, reason: Option<&String>) {
        self.status = status;
        self.current.clear();
        self.questions.clear();
        if let Some(reason) = reason {
            self.failure_reason = Some(reason.clone());
        }
    }

    /// The context keys `stack.child.*`.
    pub fn context_updates(&self) -> BTreeMap<String, Value> {
        let current: Vec<_> = self.current.values().map(NodeId::as_str).collect();
        let completed: Vec<_> = self.completed_nodes.iter().map(NodeId::as_str).collect();
        let (last_stage, last_outcome) = match &self.last {
            Some((node, word)) => (node.as_str(), word.as_str()),
            None => ("", ""),
        };
        let usage = &self.usage;
        let values: [(&str, Value); 19] = [
            ("run_id", self.run_id.as_str().into()),
            ("name", self.name.as_str().into()),
            ("status", self.status.as_str().into()),
            ("outcome", self.status.outcome().into()),
            ("current_node", current.join(",").into()),
            ("completed_count", self.completed.into()),
            ("completed_nodes", completed.into()),
            ("last_stage", last_stage.into()),
            ("last_outcome", last_outcome.into()),
            ("retries", self.retries.into()),
            ("failures", self.failures.into()),
            (
                "failure_reason",
                self.failure_reason.as_deref().unwrap_or("").into(),
            ),
            ("artifacts", self.artifacts.into()),
            ("warnings", self.warnings.into()),
            ("tool_calls", self.tool_calls.into()),
            (
                "question",
                self.questions
                    .values()
                    .next()
                    .map_or("", String::as_str)
                    .into(),
            ),
            ("model_responses", usage.responses.into()),
            (
                "tokens",
                usage
                    .input_tokens
                    .saturating_add(usage.output_tokens)
                    .into(),
            ),
            ("cost_micro_usd", usage.cost_micro_usd.into()),
        ];
        let named = values.into_iter();
        named
            .map(|(key, value)| (format!("stack.child.{key}"), value))
            .collect()
    }
}
