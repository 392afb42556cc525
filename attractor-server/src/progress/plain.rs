//! Plain lines for logs and pipes: one line an event, the elapsed time first.

use std::time::Instant;

use attractor_core::{BranchPath, JournalEntry, JumpReason, RunEvent, StageProgress};

use super::{Reporter, child, format};
use crate::console;

/// Characters of a free text in a line.
const TEXT_WIDTH: usize = 160;

/// Prints what happened to standard error.
#[derive(Debug)]
pub(crate) struct PlainLines {
    started: Instant,
}

impl PlainLines {
    pub(crate) fn new() -> PlainLines {
        PlainLines {
            started: Instant::now(),
        }
    }

    fn say(&self, line: &str) {
        console::err(format!(
            "[{:>7}] {line}",
            format::duration(self.started.elapsed())
        ));
    }
}

impl Reporter for PlainLines {
    fn entry(&mut self, entry: &JournalEntry) {
        let line = describe(&entry.event).or_else(|| describe_parallel(&entry.event));
        let Some(line) = line else { return };
        match &entry.branch {
            Some(branch) => self.say(&format!("({branch}) {line}")),
            None => self.say(&line),
        }
    }

    fn live(&mut self, branch: Option<&BranchPath>, node: &str, progress: &StageProgress) {
        let Some((within, entry)) = child::entry(node, progress) else {
            return;
        };
        if let Some(line) = child::is_stage(&entry.event)
            .then(|| describe(&entry.event))
            .flatten()
        {
            let branches = [branch, entry.branch.as_ref()].into_iter().flatten();
            let branches: String = branches.map(|branch| format!("({branch}) ")).collect();
            self.say(&format!("{branches}{within}/{line}"));
        }
    }

    fn gap(&mut self, missed: u64) {
        self.say(&format!(
            "… {missed} events were not shown; the journal has them"
        ));
    }

    fn notice(&mut self, text: &str) {
        self.say(text);
    }

    fn finish(&mut self) {}
}

/// An event as a sentence, or nothing for what a reader of logs doesn't need.
fn describe(event: &RunEvent) -> Option<String> {
    let millis = |ms: &u64| format::duration(std::time::Duration::from_millis(*ms));
    let line = match event {
        RunEvent::RunStarted { run_id, name, .. } => format!("run {run_id} of {name} started"),
        RunEvent::RunResumed { .. } => "run resumed".to_owned(),
        RunEvent::CommitCreated { commit } => format::commit(commit)?,
        RunEvent::RunInterrupted { reason } => format!("run interrupted: {reason}"),
        RunEvent::RunPaused { reached, node } => format!("run paused at {node}: {reached}"),
        RunEvent::StageStarted {
            node,
            attempt,
            handler,
            ..
        } if *attempt > 1 => {
            format!("{node}: started ({handler}, attempt {attempt})")
        }
        RunEvent::StageStarted { node, handler, .. } => format!("{node}: started ({handler})"),
        RunEvent::StageCompleted {
            node,
            outcome,
            duration_ms,
            ..
        } => {
            format!("{node}: {} in {}", outcome.word(), millis(duration_ms))
        }
        RunEvent::StageFailed {
            node,
            error,
            duration_ms,
            ..
        } => {
            let error = format::failure(error, TEXT_WIDTH);
            format!("{node}: failed in {}: {error}", millis(duration_ms))
        }
        RunEvent::StageRetrying {
            node,
            attempt,
            delay_ms,
            ..
        } => {
            format!("{node}: attempt {attempt} follows in {}", millis(delay_ms))
        }
        RunEvent::EdgeSelected {
            from, to, label, ..
        } if label.is_empty() => format!("{from} -> {to}"),
        RunEvent::EdgeSelected {
            from, to, label, ..
        } => format!("{from} -> {to} [{}]", format::line(label, TEXT_WIDTH)),
        RunEvent::Jumped { from, to, reason } if *reason == JumpReason::Joined => {
            format!("{from} => {to} (branches joined)")
        }
        RunEvent::Jumped { from, to, .. } => format!("{from} => {to} (retry target)"),
        RunEvent::GoalGateUnsatisfied { node, .. } => format!("goal gate {node} isn't satisfied"),
        RunEvent::LoopRestarted { node, restart } => format!("restart {restart} at {node}"),
        RunEvent::RunCompleted { duration_ms, .. } => {
            format!("run succeeded in {}", millis(duration_ms))
        }
        RunEvent::RunFailed { error, .. } => {
            format!("run failed: {}", format::failure(error, TEXT_WIDTH))
        }
        RunEvent::Progress { node, progress } => {
            format!("{node}: {}", describe_progress(progress)?)
        }
        _ => return None,
    };
    Some(line)
}

/// What happens to a parallel node and its branches, likewise.
fn describe_parallel(event: &RunEvent) -> Option<String> {
    let line = match event {
        RunEvent::ParallelStarted {
            node,
            branch_count,
            max_parallel,
            ..
        } => format!("{node}: {branch_count} branches, {max_parallel} at a time"),
        RunEvent::ParallelBranchCompleted { id, outcome, .. } => {
            format!("branch {id}: {}", outcome.word())
        }
        RunEvent::ParallelTimedOut { node, .. } => format!("{node}: its time is up"),
        _ => return None,
    };
    Some(line)
}

fn describe_progress(progress: &StageProgress) -> Option<String> {
    let line = match progress {
        StageProgress::Text { text } => format::line(text, TEXT_WIDTH),
        StageProgress::ToolCallStarted { tool, summary, .. } => {
            format!("{tool}: {}", format::line(summary, TEXT_WIDTH))
        }
        StageProgress::ToolCallCompleted {
            tool,
            is_error: true,
            summary,
            ..
        } => {
            format!("{tool} failed: {}", format::line(summary, TEXT_WIDTH))
        }
        StageProgress::Warning { message } => {
            format!("warning: {}", format::line(message, TEXT_WIDTH))
        }
        StageProgress::InterviewStarted { question } => {
            format!("asks: {}", format::line(&question.text, TEXT_WIDTH))
        }
        StageProgress::InterviewTimeout { .. } => "nobody answered in time".to_owned(),
        other => return child::describe(other, TEXT_WIDTH),
    };
    Some(line)
}
