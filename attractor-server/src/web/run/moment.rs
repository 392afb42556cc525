//! What happened at one moment of a run, in a few words; pure.

use std::time::Duration;

use attractor_core::{JournalEntry, JumpReason, RunEvent as EngineEvent, StageProgress};
use serde_json::Value;

use super::limits::LINE_CHARACTERS;
use crate::domain::{RunEvent, Timestamp, event_type};
use crate::progress::format;

/// A line of the timeline.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) ts: Timestamp,
    /// What kind of thing it is, or how the attempt stands; a class of the page.
    pub(super) class: &'static str,
    /// The node that it is about.
    pub(super) node: Option<String>,
    /// What happened.
    pub(super) title: String,
    /// What there is to say besides.
    pub(super) detail: String,
    /// How long it took.
    pub(super) duration: Option<Duration>,
    /// Whether it is an attempt at the node.
    pub(super) is_attempt: bool,
}

impl Moment {
    fn new(ts: Timestamp, class: &'static str, title: impl Into<String>) -> Self {
        Self {
            ts,
            class,
            node: None,
            title: title.into(),
            detail: String::new(),
            duration: None,
            is_attempt: false,
        }
    }

    fn saying(mut self, detail: &str) -> Self {
        self.detail = line(detail);
        self
    }

    /// Something about a node.
    pub(super) fn of_node(ts: Timestamp, class: &'static str, node: &str, title: &str) -> Self {
        let mut moment = Self::new(ts, class, line(title));
        moment.node = Some(node.to_owned());
        moment
    }

    /// An attempt at a node begins.
    pub(super) fn stage(ts: Timestamp, node: &str, attempt: u32, branch: Option<String>) -> Self {
        let title = match attempt {
            1 => String::new(),
            attempt => format!("attempt {attempt}"),
        };
        let mut moment = Self::of_node(ts, "running", node, &title);
        moment.is_attempt = true;
        if let Some(branch) = branch {
            moment.detail = format!("in {branch}");
        }
        moment
    }
}

/// Why the run goes on at a node without an edge.
fn why_here(reason: JumpReason) -> &'static str {
    match reason {
        JumpReason::RetryTarget => {
            "goes on here: the stage before failed, and this is its retry target"
        }
        JumpReason::FallbackRetryTarget => {
            "goes on here: the stage before failed, and this is its other retry target"
        }
        JumpReason::GoalGate => "goes on here: the goal isn't reached",
        _ => "goes on here: the branches are done",
    }
}

/// A text's first line, short enough for the timeline.
pub(super) fn line(text: &str) -> String {
    format::line(text, LINE_CHARACTERS)
}

/// What an event of the control plane says.
pub(super) fn of_control_plane(event: &RunEvent) -> Option<Moment> {
    let text = |name: &str| event.payload.get(name).and_then(Value::as_str);
    let (class, title) = match event.kind.as_str() {
        event_type::QUEUED => ("run", "queued"),
        event_type::STARTED => ("run", "started"),
        event_type::DEFERRED_CONCURRENCY => ("wait", "waits: as many runs are executed as may be"),
        event_type::DEFERRED_BRANCH_LOCK => ("wait", "waits: another run writes to its branch"),
        event_type::DISPATCH_FAILED => ("failed", "couldn't be started"),
        event_type::RUNNER_LOST => ("failed", "its process is gone; another goes on"),
        event_type::COMPLETED => ("success", "succeeded"),
        event_type::FAILED => ("failed", "failed"),
        event_type::TIMED_OUT => ("failed", "took longer than it may"),
        event_type::STOP_REQUESTED if text("stop") == Some("pause") => ("wait", "asked to pause"),
        event_type::STOP_REQUESTED => ("wait", "is being cancelled"),
        event_type::CANCELED => ("failed", "cancelled"),
        event_type::PAUSED => ("wait", "paused"),
        event_type::RESUMED => ("run", "goes on"),
        event_type::QUESTION_ANSWERED => ("answer", "answered"),
        event_type::QUESTION_TIMED_OUT => ("wait", "nobody answered in time"),
        event_type::ARTIFACT_STORED => ("artifact", "artifact"),
        // A runner begins at once: the line below says it.
        event_type::DISPATCHED => return None,
        other => return Some(Moment::new(event.ts, "run", other)),
    };
    let mut moment = Moment::new(event.ts, class, title);
    moment.node = text("nodeId").map(str::to_owned);
    let said = ["error", "reason", "artifactKey", "by"]
        .into_iter()
        .find_map(text);
    Some(moment.saying(said.unwrap_or_default()))
}

/// What an entry of the engine's journal says, of those that are no attempts.
pub(super) fn of_engine(ts: Timestamp, entry: &JournalEntry) -> Option<Moment> {
    let node = |class, node: &str, title: &str| Some(Moment::of_node(ts, class, node, title));
    match &entry.event {
        EngineEvent::EdgeSelected {
            to,
            label,
            condition,
            ..
        } => {
            let why = condition.as_deref().filter(|it| !it.is_empty());
            let why = why.or(Some(label.as_str()).filter(|it| !it.is_empty()))?;
            let moment = Moment::new(ts, "edge", format!("to {to}"));
            Some(moment.saying(why))
        }
        EngineEvent::StageRetrying {
            node: of,
            attempt,
            delay_ms,
            ..
        } => {
            let wait = format::duration(Duration::from_millis(*delay_ms));
            node(
                "wait",
                of.as_str(),
                &format!("attempt {attempt} follows in {wait}"),
            )
        }
        EngineEvent::Jumped { to, reason, .. } if *reason != JumpReason::Joined => {
            node("edge", to.as_str(), why_here(*reason))
        }
        EngineEvent::GoalGateUnsatisfied {
            node: of, outcome, ..
        } => node(
            "failed",
            of.as_str(),
            &format!("the goal isn't reached: {outcome}"),
        ),
        EngineEvent::LoopRestarted { node: of, restart } => node(
            "edge",
            of.as_str(),
            &format!("starts over, for the {restart}. time"),
        ),
        EngineEvent::ParallelStarted {
            node: of,
            branch_count,
            ..
        } => node(
            "edge",
            of.as_str(),
            &format!("{branch_count} branches begin"),
        ),
        EngineEvent::ParallelTimedOut { node: of, .. } => node(
            "failed",
            of.as_str(),
            "its time is up: the branches are stopped",
        ),
        EngineEvent::RunPaused { node: of, reached } => {
            node("wait", of.as_str(), &format!("paused: {reached}"))
        }
        EngineEvent::CommitCreated { commit } if commit.changed_files > 0 => {
            let files = match commit.changed_files {
                1 => "1 file".to_owned(),
                count => format!("{count} files"),
            };
            let mut moment = Moment::new(ts, "commit", format!("commit of {files}"));
            moment.node = commit.node.as_ref().map(ToString::to_string);
            Some(moment.saying(&commit.files.join(", ")))
        }
        EngineEvent::Progress { node: of, progress } => of_progress(ts, of.as_str(), progress),
        _ => None,
    }
}

/// What a stage reports that is worth a line.
fn of_progress(ts: Timestamp, of: &str, progress: &StageProgress) -> Option<Moment> {
    let node = |class, title: &str| Some(Moment::of_node(ts, class, of, title));
    match progress {
        StageProgress::Warning { message } => node("warning", message),
        StageProgress::ChildStarted { name, .. } => {
            node("edge", &format!("runs the pipeline {name}"))
        }
        StageProgress::Steered { message } => {
            Some(Moment::of_node(ts, "answer", of, "was told").saying(message))
        }
        _ => None,
    }
}
