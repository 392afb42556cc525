//! What a run's events say, put together for people: how its nodes stand, what happened when, and what
//! it has used; pure.

use std::collections::BTreeMap;
use std::time::Duration;

use attractor_core::{
    JournalEntry, Outcome, RunEvent as EngineEvent, StageProgress, StageStatus, UsageTotals,
};
use serde::Deserialize as _;
use serde_json::Value;

use super::limits::MOMENTS;
use super::moment::{self, Moment};
use crate::domain::{RunEvent, Timestamp, event_type};
use crate::progress::format;

/// A run so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Story {
    /// The nodes that it came to, in the order in which it did.
    pub(super) nodes: Vec<NodeStory>,
    /// What happened, in order; the first are left out when there are too many.
    pub(super) moments: Vec<Moment>,
    /// How many are left out.
    pub(super) left_out: usize,
    pub(super) used: Used,
    /// How often each edge was followed, by its place in the text.
    pub(super) edges: BTreeMap<usize, u64>,
    /// The number of the last event.
    pub(super) last_seq: i64,
    /// Attempts that have begun and not ended, by node, branch and attempt: places in `moments`.
    open: BTreeMap<String, usize>,
}

/// What models and tools were used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Used {
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
    pub(super) cost_micro_usd: u64,
    pub(super) responses: u64,
    pub(super) tool_calls: u64,
}

impl Used {
    /// How many tokens, in words.
    pub(super) fn tokens(&self) -> String {
        let (input, output) = (
            format::count(self.input_tokens),
            format::count(self.output_tokens),
        );
        format!("{input} in, {output} out")
    }

    pub(super) fn cost(&self) -> String {
        format::usd(self.cost_micro_usd)
    }

    fn add(&mut self, usage: &UsageTotals) {
        self.input_tokens += usage.input_tokens;
        self.output_tokens += usage.output_tokens;
        self.cost_micro_usd += usage.cost_micro_usd;
        self.responses += usage.responses;
        self.tool_calls += usage.tool_calls;
    }

    fn answer(&mut self, input: u64, output: u64, cost: Option<u64>) {
        self.input_tokens += input;
        self.output_tokens += output;
        self.cost_micro_usd += cost.unwrap_or(0);
        self.responses += 1;
    }
}

/// A node, in all visits and branches together.
#[derive(Clone, Debug)]
pub(super) struct NodeStory {
    pub(super) id: String,
    pub(super) state: NodeState,
    /// The handler's type.
    pub(super) handler: String,
    pub(super) visits: u64,
    pub(super) attempts: u64,
    pub(super) duration: Duration,
    pub(super) used: Used,
    /// Why it failed last, or what it says of itself.
    pub(super) note: String,
    /// Attempts that have begun and not ended.
    running: u64,
    /// Those whose process has ended before them: they are made again.
    broken: u64,
}

/// How a node stands; the words are classes of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeState {
    Running,
    Success,
    Partial,
    Failed,
    Skipped,
    Interrupted,
}

impl NodeState {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Success => "success",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Interrupted => "interrupted",
        }
    }

    pub(super) fn of(outcome: &Outcome) -> Self {
        match outcome.status {
            StageStatus::Success => Self::Success,
            StageStatus::PartialSuccess => Self::Partial,
            StageStatus::Fail | StageStatus::Retry => Self::Failed,
            StageStatus::Skipped => Self::Skipped,
        }
    }
}

/// The entry of the engine's journal that an event has.
pub(super) fn entry(event: &RunEvent) -> Option<JournalEntry> {
    if !event.kind.starts_with("Engine") {
        return None;
    }
    let payload = event.payload.get("payload").filter(|it| it.is_object())?;
    JournalEntry::deserialize(payload).ok()
}

/// A text of an event's payload.
fn text<'a>(event: &'a RunEvent, name: &str) -> &'a str {
    event
        .payload
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

impl Story {
    /// Takes in the next event, with the [`entry`] that it has.
    pub(super) fn add(&mut self, event: &RunEvent, entry: Option<&JournalEntry>) {
        self.last_seq = event.seq;
        match entry {
            Some(entry) => self.add_entry(event.ts, entry),
            None if event.kind.starts_with("Engine") => {}
            None => self.add_own(event),
        }
    }

    /// The node that works, or worked last; the ends of the pipeline do no work.
    pub(super) fn works(&self) -> Option<&str> {
        let is_end = |id: &str| {
            let node = self.nodes.iter().find(|node| node.id == id);
            node.is_some_and(|node| matches!(node.handler.as_str(), "start" | "exit"))
        };
        let attempts = self.moments.iter().rev().filter(|it| it.is_attempt);
        let mut ids = attempts.filter_map(|it| it.node.as_deref());
        let last = self.nodes.last().map(|node| node.id.as_str());
        ids.find(|id| !is_end(id)).or(last)
    }

    /// That nothing executes the run now: what hasn't ended was interrupted.
    pub(super) fn stop(&mut self) {
        for node in self.nodes.iter_mut().filter(|node| node.running > 0) {
            node.broken += std::mem::take(&mut node.running);
            node.state = NodeState::Interrupted;
        }
        for place in std::mem::take(&mut self.open).into_values() {
            if let Some(moment) = self.moments.get_mut(place) {
                moment.class = NodeState::Interrupted.as_str();
            }
        }
    }

    /// An event of the control plane.
    fn add_own(&mut self, event: &RunEvent) {
        match event.kind.as_str() {
            event_type::RUNNER_LOST => self.stop(),
            event_type::QUESTION_PENDING => {
                let node = text(event, "nodeId");
                self.push(Moment::of_node(
                    event.ts,
                    "question",
                    node,
                    text(event, "prompt"),
                ));
                return;
            }
            _ => {}
        }
        self.moments_extend(moment::of_control_plane(event));
    }

    fn moments_extend(&mut self, moment: Option<Moment>) {
        if let Some(moment) = moment {
            self.push(moment);
        }
    }

    fn push(&mut self, moment: Moment) -> usize {
        if self.moments.len() >= MOMENTS {
            // Half of them at once, so that a long run isn't moved by each of its events.
            let gone = MOMENTS / 2;
            self.moments.drain(..gone);
            self.left_out += gone;
            self.open = std::mem::take(&mut self.open)
                .into_iter()
                .filter_map(|(key, place)| Some((key, place.checked_sub(gone)?)))
                .collect();
        }
        self.moments.push(moment);
        self.moments.len() - 1
    }

    /// An entry of the engine's journal.
    fn add_entry(&mut self, ts: Timestamp, entry: &JournalEntry) {
        let branch = entry.branch.as_ref().map(ToString::to_string);
        let key = |node: &str| format!("{}/{node}", branch.as_deref().unwrap_or_default());
        match &entry.event {
            EngineEvent::StageStarted {
                node,
                attempt,
                handler,
                ..
            } => {
                let story = self.node(node.as_str());
                story.visits += u64::from(*attempt == 1);
                story.attempts += 1;
                story.running += 1;
                story.state = NodeState::Running;
                story.handler.clone_from(handler);
                let moment = Moment::stage(ts, node.as_str(), *attempt, branch.clone());
                let place = self.push(moment);
                self.open.insert(key(node.as_str()), place);
            }
            EngineEvent::StageCompleted {
                node,
                outcome,
                duration_ms,
                ..
            } => {
                self.end(
                    &key(node.as_str()),
                    node.as_str(),
                    outcome,
                    *duration_ms,
                    &outcome.notes,
                );
            }
            EngineEvent::StageFailed {
                node,
                outcome,
                duration_ms,
                error,
                ..
            } => {
                self.end(
                    &key(node.as_str()),
                    node.as_str(),
                    outcome,
                    *duration_ms,
                    error,
                );
            }
            EngineEvent::EdgeSelected { edge, .. }
            | EngineEvent::ParallelBranchStarted { edge, .. } => {
                *self.edges.entry(*edge).or_default() += 1;
                self.moments_extend(moment::of_engine(ts, entry));
            }
            EngineEvent::RunResumed { .. } => {
                self.stop();
                // What was being done by a process that has ended is done again.
                for node in &mut self.nodes {
                    let again = std::mem::take(&mut node.broken);
                    node.attempts = node.attempts.saturating_sub(again);
                    node.visits = node.visits.saturating_sub(again);
                }
                self.moments_extend(moment::of_engine(ts, entry));
            }
            EngineEvent::Progress { node, progress } => {
                self.add_progress(node.as_str(), progress);
                self.moments_extend(moment::of_engine(ts, entry));
            }
            _ => self.moments_extend(moment::of_engine(ts, entry)),
        }
    }

    fn add_progress(&mut self, node: &str, progress: &StageProgress) {
        let story = &mut self.node(node).used;
        match progress {
            StageProgress::ModelResponse {
                input_tokens,
                output_tokens,
                cost_micro_usd,
                ..
            } => {
                story.answer(*input_tokens, *output_tokens, *cost_micro_usd);
                self.used
                    .answer(*input_tokens, *output_tokens, *cost_micro_usd);
            }
            StageProgress::ToolCallStarted { .. } => {
                story.tool_calls += 1;
                self.used.tool_calls += 1;
            }
            StageProgress::ChildUsage { usage } => {
                story.add(usage);
                self.used.add(usage);
            }
            _ => {}
        }
    }

    /// An attempt has ended.
    fn end(&mut self, key: &str, node: &str, outcome: &Outcome, duration_ms: u64, note: &str) {
        let state = NodeState::of(outcome);
        let duration = Duration::from_millis(duration_ms);
        let story = self.node(node);
        story.running = story.running.saturating_sub(1);
        story.state = if story.running > 0 {
            NodeState::Running
        } else {
            state
        };
        story.duration += duration;
        note.clone_into(&mut story.note);
        let place = self.open.remove(key);
        if let Some(moment) = place.and_then(|place| self.moments.get_mut(place)) {
            moment.class = state.as_str();
            moment.duration = Some(duration);
            moment.detail = moment::line(note);
        }
    }

    fn node(&mut self, id: &str) -> &mut NodeStory {
        let place = self.nodes.iter().position(|node| node.id == id);
        let place = place.unwrap_or_else(|| {
            self.nodes.push(NodeStory {
                id: id.to_owned(),
                state: NodeState::Interrupted,
                handler: String::new(),
                visits: 0,
                attempts: 0,
                duration: Duration::ZERO,
                used: Used::default(),
                note: String::new(),
                running: 0,
                broken: 0,
            });
            self.nodes.len() - 1
        });
        &mut self.nodes[place]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::{EventId, RunId};

    /// The events of a run, from what is particular about each.
    fn story(events: &[(&str, Value)]) -> Story {
        let mut story = Story::default();
        for (seq, (kind, payload)) in (1..).zip(events) {
            let event = RunEvent {
                id: EventId::default(),
                run_id: RunId::default(),
                seq,
                ts: Timestamp::from_millis(seq * 1000),
                kind: (*kind).to_owned(),
                payload: payload.clone(),
            };
            story.add(&event, entry(&event).as_ref());
        }
        story
    }

    fn engine(event: &Value) -> (&'static str, Value) {
        let mut entry = json!({ "version": 1, "seq": 1, "time": "2026-03-17T12:00:00.125Z" });
        let fields = event.as_object().unwrap().clone();
        entry.as_object_mut().unwrap().extend(fields);
        (
            "EngineAny",
            json!({ "nodeId": event["node"], "payload": entry }),
        )
    }

    fn begins(node: &str, attempt: u32) -> (&'static str, Value) {
        engine(
            &json!({ "event": "stage_started", "node": node, "index": 1, "visit": 1,
            "attempt": attempt, "handler": "codergen" }),
        )
    }

    fn fails(node: &str) -> (&'static str, Value) {
        engine(
            &json!({ "event": "stage_failed", "node": node, "index": 1, "attempt": 1,
            "outcome": { "status": "fail" }, "error": "exit code 1", "will_retry": true, "duration_ms": 900 }),
        )
    }

    #[test]
    fn a_node_stands_as_its_last_attempt_does() {
        let answered = engine(
            &json!({ "event": "model_response", "node": "fix", "provider": "p",
            "model": "m", "input_tokens": 1200, "output_tokens": 30, "cost_micro_usd": 18 }),
        );
        let story = story(&[begins("fix", 1), answered, fails("fix"), begins("fix", 2)]);
        let node = &story.nodes[0];
        assert_eq!(
            (node.visits, node.attempts, node.state),
            (1, 2, NodeState::Running)
        );
        assert_eq!(
            (node.duration.as_millis(), node.note.as_str()),
            (900, "exit code 1")
        );
        assert_eq!(
            (story.used.tokens().as_str(), story.used.cost_micro_usd),
            ("1.2k in, 30 out", 18)
        );
        let classes: Vec<_> = story.moments.iter().map(|it| it.class).collect();
        assert_eq!(classes, ["failed", "running"]);
        assert_eq!((story.works(), story.last_seq), (Some("fix"), 4));
    }

    #[test]
    fn what_a_lost_process_was_doing_is_done_again_and_counted_once() {
        let lost = (event_type::RUNNER_LOST, json!({}));
        let resumed = engine(&json!({ "event": "run_resumed", "graph_hash": "x" }));
        let mut story = story(&[begins("fix", 1), lost, resumed, begins("fix", 1)]);
        assert_eq!(
            (story.nodes[0].visits, story.nodes[0].state),
            (1, NodeState::Running)
        );
        story.stop();
        assert_eq!(story.nodes[0].state, NodeState::Interrupted);
        assert!(story.moments.iter().all(|it| it.class != "running"));
    }

    #[test]
    fn a_long_run_keeps_its_last_moments() {
        let events: Vec<_> = (0..MOMENTS + 10).map(|_| begins("fix", 1)).collect();
        let story = story(&events);
        assert!(story.moments.len() <= MOMENTS && story.left_out >= 10);
        assert_eq!(story.left_out + story.moments.len(), MOMENTS + 10);
    }
}
