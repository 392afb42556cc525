//! What happened in a run, node by node and edge by edge; pure.

use std::collections::BTreeMap;
use std::time::Duration;

use attractor_core::{Graph, JournalEntry, NodeId, Outcome, RunEvent, StageProgress, StageStatus};

use crate::progress::format;

/// A run laid over the picture of its pipeline.
#[derive(Debug, Default)]
pub struct Overlay {
    nodes: BTreeMap<NodeId, Story>,
    /// How often each edge was followed, by its position.
    edges: BTreeMap<usize, u64>,
}

/// What happened at a node, in all branches and visits together.
#[derive(Debug, Default)]
struct Story {
    visits: u64,
    attempts: u64,
    duration_ms: u64,
    cost_micro_usd: u64,
    last: Option<Outcome>,
    /// Attempts that have begun and not ended.
    open: u64,
}

/// How a node stands, in the order in which a picture cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Success,
    Partial,
    Failed,
    Skipped,
    Running,
    Interrupted,
    NotReached,
}

impl State {
    /// The class in the SVG, and the word in a tooltip.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::NotReached => "not-reached",
        }
    }

    /// The sign that tells it apart without colour.
    fn sign(self) -> &'static str {
        match self {
            Self::Success => "✓",
            Self::Partial => "~",
            Self::Failed => "✗",
            Self::Skipped => "–",
            Self::Running => "▶",
            Self::Interrupted => "‖",
            Self::NotReached => "",
        }
    }
}

impl Overlay {
    /// The overlay of a journal. `executing` says whether a process is executing the run, so that
    /// what hasn't ended is running rather than interrupted.
    pub fn of(entries: &[JournalEntry], executing: bool) -> Overlay {
        let mut overlay = Overlay::default();
        for entry in entries {
            overlay.add(&entry.event);
        }
        if !executing {
            for story in overlay.nodes.values_mut().filter(|story| story.open > 0) {
                story.open = 0;
                story.last = None;
            }
        }
        overlay
    }

    fn add(&mut self, event: &RunEvent) {
        match event {
            RunEvent::StageStarted { node, attempt, .. } => {
                let story = self.story(node);
                story.visits += u64::from(*attempt == 1);
                story.attempts += 1;
                story.open += 1;
            }
            RunEvent::StageCompleted {
                node,
                outcome,
                duration_ms,
                ..
            }
            | RunEvent::StageFailed {
                node,
                outcome,
                duration_ms,
                ..
            } => {
                let story = self.story(node);
                story.open = story.open.saturating_sub(1);
                story.duration_ms += duration_ms;
                story.last = Some(outcome.clone());
            }
            RunEvent::Progress {
                node,
                progress: StageProgress::ModelResponse { cost_micro_usd, .. },
            } => self.story(node).cost_micro_usd += cost_micro_usd.unwrap_or(0),
            RunEvent::EdgeSelected { edge, .. } | RunEvent::ParallelBranchStarted { edge, .. } => {
                *self.edges.entry(*edge).or_default() += 1;
            }
            // What was being done by a process that has ended is done again.
            RunEvent::RunResumed { .. } => {
                for story in self.nodes.values_mut().filter(|story| story.open > 0) {
                    story.attempts = story.attempts.saturating_sub(story.open);
                    story.visits = story.visits.saturating_sub(story.open);
                    story.open = 0;
                }
            }
            _ => {}
        }
    }

    fn story(&mut self, node: &NodeId) -> &mut Story {
        self.nodes.entry(node.clone()).or_default()
    }

    pub(super) fn state(&self, node: &NodeId) -> State {
        let Some(story) = self.nodes.get(node) else {
            return State::NotReached;
        };
        if story.open > 0 {
            return State::Running;
        }
        match story.last.as_ref().map(|outcome| outcome.status) {
            Some(StageStatus::Success) => State::Success,
            Some(StageStatus::PartialSuccess) => State::Partial,
            Some(StageStatus::Fail | StageStatus::Retry) => State::Failed,
            Some(StageStatus::Skipped) => State::Skipped,
            None => State::Interrupted,
        }
    }

    /// How often an edge was followed.
    pub(super) fn taken(&self, edge: usize) -> u64 {
        self.edges.get(&edge).copied().unwrap_or(0)
    }

    /// The line below a node's label: how it stands, and what it took.
    pub(super) fn badge(&self, node: &NodeId) -> Option<String> {
        let story = self.nodes.get(node)?;
        let state = self.state(node);
        let mut parts = vec![format!("{} {}", state.sign(), self.word(story, state))];
        if story.visits > 1 {
            parts.push(format!("{}×", story.visits));
        }
        let retries = story.retries();
        if retries > 0 {
            parts.push(format!("↻{retries}"));
        }
        if story.duration_ms >= 50 {
            parts.push(duration(story.duration_ms));
        }
        if story.cost_micro_usd > 0 {
            parts.push(format::usd(story.cost_micro_usd));
        }
        Some(parts.join(" "))
    }

    /// The pipeline's own word, where the outcome has one, else that of the state.
    fn word<'a>(&self, story: &'a Story, state: State) -> &'a str {
        let word = story.last.as_ref().and_then(|last| last.word.as_deref());
        match (state, word) {
            (State::Running | State::Interrupted, _) | (_, None) => state.name(),
            (_, Some(word)) => word,
        }
    }

    /// Everything about a node, in words.
    pub(super) fn about(&self, node: &NodeId) -> String {
        let Some(story) = self.nodes.get(node) else {
            return "not reached".to_owned();
        };
        let state = self.state(node);
        let mut parts = vec![
            self.word(story, state).to_owned(),
            counted(story.visits, "visit"),
            counted(story.attempts, "attempt"),
        ];
        if story.retries() > 0 {
            let retries = story.retries();
            parts.push(format!(
                "{retries} of them {}",
                if retries == 1 { "a retry" } else { "retries" }
            ));
        }
        parts.push(duration(story.duration_ms));
        if story.cost_micro_usd > 0 {
            parts.push(format::usd(story.cost_micro_usd));
        }
        let reason = story
            .last
            .as_ref()
            .and_then(|last| last.failure_reason.as_deref());
        if let Some(reason) = reason.filter(|_| state == State::Failed) {
            parts.push(format::failure(reason, 120));
        }
        parts.join(", ")
    }

    /// What an edge says about being followed.
    pub(super) fn about_edge(&self, edge: usize) -> String {
        match self.taken(edge) {
            0 => "not taken".to_owned(),
            1 => "taken once".to_owned(),
            times => format!("taken {times} times"),
        }
    }

    /// What a picture's signs mean, for those states that it has.
    pub(super) fn legend(&self, graph: &Graph) -> Vec<State> {
        let all = [
            State::Success,
            State::Partial,
            State::Failed,
            State::Skipped,
            State::Running,
            State::Interrupted,
            State::NotReached,
        ];
        let has = |state: &State| graph.nodes().iter().any(|n| self.state(n.id()) == *state);
        all.into_iter().filter(has).collect()
    }
}

impl Story {
    fn retries(&self) -> u64 {
        self.attempts.saturating_sub(self.visits)
    }
}

fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn duration(milliseconds: u64) -> String {
    format::duration(Duration::from_millis(milliseconds))
}
