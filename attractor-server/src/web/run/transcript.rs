//! What was said and done at a node, visit by visit; pure.

use std::time::Duration;

use attractor_core::{AnswerValue, JournalEntry, Outcome, RunEvent as EngineEvent, StageProgress};
use serde_json::Value;

use super::diff::{self, DiffLine};
use super::limits::{TRANSCRIPT_BYTES, TURNS};
use super::story::NodeState;
use crate::domain::Timestamp;

/// A node's transcript.
#[derive(Clone, Debug, Default)]
pub(super) struct Transcript {
    /// In order; the first are left out when there are too many.
    pub(super) turns: Vec<Turn>,
    /// How many are left out.
    pub(super) left_out: usize,
    /// About as many bytes are in it.
    bytes: usize,
}

/// Bytes of a line of a difference beside its text.
const LINE_BYTES: usize = size_of::<DiffLine>();

/// A message, a tool call, or where an attempt begins and ends.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) ts: Timestamp,
    pub(super) kind: TurnKind,
}

#[derive(Clone, Debug)]
pub(super) enum TurnKind {
    /// An attempt begins.
    Attempt {
        visit: u32,
        attempt: u32,
        branch: Option<String>,
    },
    /// The model said something.
    Said(String),
    /// The model called a tool.
    Called(Call),
    /// Somebody was asked, answered, or told it something; or it warns.
    Note { class: &'static str, text: String },
    /// An attempt ended.
    Ended {
        state: NodeState,
        note: String,
        /// What its command printed.
        output: String,
        duration: Duration,
    },
}

/// A tool call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    id: String,
    pub(super) tool: String,
    pub(super) summary: String,
    /// What it was given, if the line doesn't say it all.
    pub(super) arguments: String,
    pub(super) diff: Vec<DiffLine>,
    pub(super) output: String,
    pub(super) state: CallState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallState {
    Running,
    Done,
    Failed,
}

impl Call {
    pub(super) fn is_done(&self) -> bool {
        self.state == CallState::Done
    }
}

impl CallState {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

impl Transcript {
    /// Takes in the next entry of the journal that is about the node.
    pub(super) fn add(&mut self, ts: Timestamp, entry: &JournalEntry) {
        match &entry.event {
            EngineEvent::StageStarted { visit, attempt, .. } => {
                let branch = entry.branch.as_ref().map(ToString::to_string);
                let (visit, attempt) = (*visit, *attempt);
                self.push(
                    ts,
                    TurnKind::Attempt {
                        visit,
                        attempt,
                        branch,
                    },
                );
            }
            EngineEvent::StageCompleted {
                outcome,
                duration_ms,
                ..
            } => {
                self.push(ts, ended(outcome, &outcome.notes, *duration_ms));
            }
            EngineEvent::StageFailed {
                outcome,
                error,
                duration_ms,
                ..
            } => {
                self.push(ts, ended(outcome, error, *duration_ms));
            }
            EngineEvent::Progress { progress, .. } => self.add_progress(ts, progress),
            _ => {}
        }
    }

    fn add_progress(&mut self, ts: Timestamp, progress: &StageProgress) {
        let note = |class, text: &str| TurnKind::Note {
            class,
            text: text.to_owned(),
        };
        match progress {
            StageProgress::Text { text } => self.push(ts, TurnKind::Said(text.clone())),
            StageProgress::ToolCallStarted {
                call_id,
                tool,
                summary,
                arguments,
            } => {
                let call = called(call_id, tool, summary, arguments.as_ref());
                self.push(ts, TurnKind::Called(call));
            }
            StageProgress::ToolCallCompleted {
                call_id,
                is_error,
                summary,
                output,
                ..
            } => {
                let calls = self
                    .turns
                    .iter_mut()
                    .rev()
                    .filter_map(|turn| match &mut turn.kind {
                        TurnKind::Called(call) => Some(call),
                        _ => None,
                    });
                if let Some(call) = calls.into_iter().find(|call| call.id == *call_id) {
                    call.state = if *is_error {
                        CallState::Failed
                    } else {
                        CallState::Done
                    };
                    call.output.clone_from(output.as_ref().unwrap_or(summary));
                    self.bytes += call.output.len();
                }
            }
            StageProgress::ToolHookCompleted {
                error: Some(error), ..
            }
            | StageProgress::Warning { message: error } => self.push(ts, note("warning", error)),
            StageProgress::Steered { message } => self.push(ts, note("told", message)),
            StageProgress::InterviewStarted { question } => {
                self.push(ts, note("question", &question.text));
            }
            StageProgress::InterviewCompleted { answer, .. } => {
                self.push(ts, note("answer", &said(answer)));
            }
            StageProgress::InterviewTimeout { .. } => {
                self.push(ts, note("warning", "nobody answered in time"));
            }
            StageProgress::ChildStarted { name, .. } => {
                self.push(ts, note("told", &format!("runs the pipeline {name}")));
            }
            _ => {}
        }
    }

    fn push(&mut self, ts: Timestamp, kind: TurnKind) {
        if self.turns.len() >= 2 * TURNS || self.bytes > TRANSCRIPT_BYTES {
            self.shorten();
        }
        let turn = Turn { ts, kind };
        self.bytes += turn.bytes();
        self.turns.push(turn);
    }

    /// Leaves out the first half.
    pub(super) fn shorten(&mut self) {
        let gone = self.turns.len().div_ceil(2);
        let bytes: usize = self.turns.drain(..gone).map(|turn| turn.bytes()).sum();
        self.left_out += gone;
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// About as many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Turn {
    /// About as many bytes it takes: its texts, and what is around them.
    fn bytes(&self) -> usize {
        let texts = match &self.kind {
            TurnKind::Attempt { .. } => 0,
            TurnKind::Said(text) | TurnKind::Note { text, .. } => text.len(),
            TurnKind::Called(call) => {
                let diff = call.diff.iter().map(|line| line.text.len() + LINE_BYTES);
                call.summary.len() + call.arguments.len() + call.output.len() + diff.sum::<usize>()
            }
            TurnKind::Ended { note, output, .. } => note.len() + output.len(),
        };
        texts + size_of::<Self>()
    }
}

/// What a person answered, in a line.
fn said(answer: &attractor_core::Answer) -> String {
    let label = answer.selected_option.as_ref().map(|it| it.label.as_str());
    let text = Some(answer.text.as_str()).filter(|text| !text.is_empty());
    match (label, text) {
        (Some(label), Some(text)) => format!("{label}: {text}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => match &answer.value {
            AnswerValue::Yes => "yes".to_owned(),
            AnswerValue::No => "no".to_owned(),
            AnswerValue::Choice(text) | AnswerValue::Text(text) => text.clone(),
            AnswerValue::Timeout => "no answer in time".to_owned(),
            _ => "no answer".to_owned(),
        },
    }
}

fn called(id: &str, tool: &str, summary: &str, arguments: Option<&Value>) -> Call {
    let diff = arguments
        .map(|it| diff::of_call(tool, it))
        .unwrap_or_default();
    let shown = arguments
        .filter(|_| diff.is_empty())
        .map(|it| plain(it, summary));
    Call {
        id: id.to_owned(),
        tool: tool.to_owned(),
        summary: summary.to_owned(),
        arguments: shown.unwrap_or_default(),
        diff,
        output: String::new(),
        state: CallState::Running,
    }
}

/// Arguments as lines of `name: value`, unless the summary says all of them.
fn plain(arguments: &Value, summary: &str) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let Some(fields) = arguments.as_object() else {
        return text(arguments);
    };
    let more = fields.iter().filter(|(_, value)| text(value) != summary);
    let lines = more.map(|(name, value)| format!("{name}: {}", text(value)));
    lines.collect::<Vec<_>>().join("\n")
}

fn ended(outcome: &Outcome, note: &str, duration_ms: u64) -> TurnKind {
    let output = outcome.context_updates.get("tool.output");
    TurnKind::Ended {
        state: NodeState::of(outcome),
        note: note.to_owned(),
        output: output
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        duration: Duration::from_millis(duration_ms),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(event: Value) -> JournalEntry {
        let mut entry =
            json!({ "version": 1, "seq": 1, "time": "2026-03-17T12:00:00.125Z", "node": "fix" });
        let fields = event.as_object().unwrap().clone();
        entry.as_object_mut().unwrap().extend(fields);
        serde_json::from_value(entry).unwrap()
    }

    #[test]
    fn a_call_stands_where_it_began_with_what_came_out() {
        let mut transcript = Transcript::default();
        let edit = json!({ "old_string": "a\n", "new_string": "b\n", "file_path": "x" });
        for event in [
            json!({ "event": "text", "text": "I'll see." }),
            json!({ "event": "tool_call_started", "call_id": "1", "tool": "edit_file", "summary": "x",
                "arguments": edit }),
            json!({ "event": "tool_call_completed", "call_id": "1", "tool": "edit_file",
                "is_error": true, "summary": "no" }),
        ] {
            transcript.add(Timestamp::from_millis(0), &entry(event));
        }
        assert_eq!(transcript.turns.len(), 2);
        let TurnKind::Called(call) = &transcript.turns[1].kind else {
            panic!("{:?}", transcript.turns);
        };
        assert_eq!(
            (call.state, call.output.as_str()),
            (CallState::Failed, "no")
        );
        assert_eq!((call.diff.len(), call.arguments.as_str()), (2, ""));
    }
}
