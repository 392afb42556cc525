//! The live view: a line for each finished stage, and one that moves for each that is running.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use attractor_core::{BranchEnd, BranchPath, JournalEntry, JumpReason, RunEvent, StageProgress};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::sync::Notify;

use super::{Reporter, Totals, child, format, totals};
use crate::console::style;

/// How often the moving line is drawn.
const TICK: Duration = Duration::from_millis(120);

/// Characters of what a stage is doing.
const ACTIVITY_WIDTH: usize = 60;

/// Lines that move at most: more stages than that run unseen until there is room.
const MOVING_LINES: usize = 12;

/// Characters of a text that gets a line of its own.
const TEXT_WIDTH: usize = 100;

/// The part of the terminal that moves; questions borrow it.
#[derive(Debug)]
pub(crate) struct Screen {
    bars: MultiProgress,
    /// Told when everything up to a question is shown and nothing moves.
    room: Notify,
}

impl Screen {
    pub(crate) fn new() -> Screen {
        Screen {
            bars: MultiProgress::new(),
            room: Notify::new(),
        }
    }

    /// Waits until a question has the terminal to itself.
    pub(crate) async fn room(&self) {
        self.room.notified().await;
    }

    fn print(&self, line: &str) {
        self.bars.suspend(|| {
            let _ = writeln!(anstream::stderr(), "{line}");
        });
    }
}

/// Draws the run on standard error.
#[derive(Debug)]
pub(crate) struct Terminal {
    screen: Arc<Screen>,
    /// The stages that are running, in the order they began.
    stages: Vec<Stage>,
    /// What was to be printed while a person was being asked.
    held: Vec<String>,
}

/// A stage that is running.
#[derive(Debug)]
struct Stage {
    branch: Option<BranchPath>,
    node: String,
    attempt: u32,
    used: Totals,
    activity: String,
    /// The end of the line that its model is writing.
    words: String,
    /// Whether it waits for a person.
    asks: bool,
    bar: Option<ProgressBar>,
}

impl Stage {
    fn draw(&self) {
        let Some(bar) = &self.bar else { return };
        let mut parts = Vec::new();
        if self.attempt > 1 {
            parts.push(format!("attempt {}", self.attempt));
        }
        parts.extend(totals::describe(&self.used.usage));
        if !self.activity.is_empty() {
            parts.push(self.activity.clone());
        }
        bar.set_message(parts.join("   "));
    }

    fn hide(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Terminal {
    pub(crate) fn new(screen: Arc<Screen>) -> Terminal {
        Terminal {
            screen,
            stages: Vec::new(),
            held: Vec::new(),
        }
    }

    fn begin(&mut self, branch: Option<&BranchPath>, node: &str, attempt: u32) {
        self.stages.push(Stage {
            branch: branch.cloned(),
            node: node.to_owned(),
            attempt,
            used: Totals::default(),
            activity: String::new(),
            words: String::new(),
            asks: false,
            bar: None,
        });
        self.show();
    }

    /// Draws the stages that there is room for, unless a person is being asked.
    fn show(&mut self) {
        if self.is_asking() {
            return;
        }
        for line in std::mem::take(&mut self.held) {
            self.screen.print(&line);
        }
        let shown = self
            .stages
            .iter()
            .filter(|stage| stage.bar.is_some())
            .count();
        let hidden = self.stages.iter_mut().filter(|stage| stage.bar.is_none());
        for stage in hidden.take(MOVING_LINES.saturating_sub(shown)) {
            let bar = self.screen.bars.add(ProgressBar::new_spinner());
            let template = "  {spinner:.cyan} {prefix:18} {elapsed:>7}   {wide_msg}";
            if let Ok(template) = ProgressStyle::with_template(template) {
                bar.set_style(template);
            }
            bar.set_prefix(format::stage(stage.branch.as_ref(), &stage.node));
            bar.enable_steady_tick(TICK);
            stage.bar = Some(bar);
            stage.draw();
        }
    }

    fn is_asking(&self) -> bool {
        self.stages.iter().any(|stage| stage.asks)
    }

    /// Prints a line above what moves, once nobody is being asked any more.
    fn print(&mut self, line: String) {
        if self.is_asking() {
            self.held.push(line);
        } else {
            self.screen.print(&line);
        }
    }

    fn stage(&mut self, branch: Option<&BranchPath>, node: &str) -> Option<&mut Stage> {
        let mut stages = self.stages.iter_mut();
        stages.find(|stage| stage.node == node && stage.branch.as_ref() == branch)
    }

    fn end(
        &mut self,
        branch: Option<&BranchPath>,
        node: &str,
        mark: &str,
        duration_ms: u64,
        note: &str,
    ) {
        let is_it = |stage: &Stage| stage.node == node && stage.branch.as_ref() == branch;
        let mut usage = String::new();
        if let Some(place) = self.stages.iter().position(is_it) {
            let mut stage = self.stages.remove(place);
            stage.hide();
            let used = totals::describe(&stage.used.usage);
            usage = used.map(|used| format!("   {used}")).unwrap_or_default();
        }
        let (dim, took) = (
            style::DIM,
            format::duration(Duration::from_millis(duration_ms)),
        );
        let name = format::stage(branch, node);
        self.print(format!(
            "  {mark} {name:<18} {took:>7}{dim}{usage}{dim:#}{note}"
        ));
        self.show();
    }

    /// Takes the stages of a branch, or all, out of the view; whether there were any.
    fn clear(&mut self, branch: Option<&BranchPath>) -> bool {
        let is_in = |stage: &Stage| match (branch, &stage.branch) {
            (None, _) => true,
            (Some(branch), Some(other)) => other.is_within(branch),
            (Some(_), None) => false,
        };
        let before = self.stages.len();
        for stage in self.stages.iter_mut().filter(|stage| is_in(stage)) {
            stage.hide();
        }
        self.stages.retain(|stage| !is_in(stage));
        before != self.stages.len()
    }

    fn activity(&mut self, branch: Option<&BranchPath>, node: &str, text: String) {
        if let Some(stage) = self.stage(branch, node) {
            stage.activity = text;
            stage.words.clear();
            stage.draw();
        }
    }

    /// Shows the end of what a model is writing.
    fn writing(&mut self, branch: Option<&BranchPath>, node: &str, text: &str) {
        if let Some(stage) = self.stage(branch, node) {
            stage.words.push_str(&format::harmless(text));
            let last = stage.words.rsplit('\n').next().unwrap_or_default();
            let before = last.chars().count().saturating_sub(ACTIVITY_WIDTH);
            stage.words = last.chars().skip(before).collect();
            stage.activity = match stage.words.trim() {
                "" => "writing".to_owned(),
                words => words.to_owned(),
            };
            stage.draw();
        }
    }

    fn asks(&mut self, branch: Option<&BranchPath>, node: &str, asks: bool) {
        if let Some(stage) = self.stage(branch, node) {
            stage.asks = asks;
        }
        if asks {
            self.stages.iter_mut().for_each(Stage::hide);
            self.screen.room.notify_one();
        } else {
            self.show();
        }
    }

    fn progress(&mut self, branch: Option<&BranchPath>, node: &str, progress: &StageProgress) {
        match progress {
            StageProgress::ModelRequestStarted { model, .. } => {
                self.activity(branch, node, format!("waiting for {model}"));
            }
            StageProgress::ToolCallStarted { tool, summary, .. } => {
                let what = format::line(&format!("{tool}: {summary}"), ACTIVITY_WIDTH);
                self.activity(branch, node, what);
            }
            StageProgress::Text { text } => {
                let dim = style::DIM;
                let text = format::line(text, TEXT_WIDTH);
                if !text.is_empty() {
                    let who = format::speaker(branch, node);
                    self.print(format!("    {dim}{who}{text}{dim:#}"));
                }
            }
            StageProgress::InterviewStarted { .. } => self.asks(branch, node, true),
            StageProgress::InterviewCompleted { .. } | StageProgress::InterviewTimeout { .. } => {
                self.asks(branch, node, false);
            }
            StageProgress::Warning { message } => {
                let warn = style::WARN;
                let who = format::speaker(branch, node);
                self.print(format!(
                    "    {warn}warning:{warn:#} {who}{}",
                    format::line(message, TEXT_WIDTH)
                ));
            }
            StageProgress::Child { .. } => self.child(branch, node, progress),
            other => {
                if let Some(text) = child::describe(other, TEXT_WIDTH) {
                    let dim = style::DIM;
                    let who = format::stage(branch, node);
                    self.print(format!("    {dim}{who}: {text}{dim:#}"));
                }
            }
        }
        if let Some(stage) = self.stage(branch, node) {
            stage.draw();
        }
    }

    /// What happens in a child run: its stages when they're done, and what it does now.
    fn child(&mut self, branch: Option<&BranchPath>, node: &str, progress: &StageProgress) {
        let Some((within, entry)) = child::entry(node, progress) else {
            return;
        };
        if let Some(now) = child::activity(&within, node, &entry.event, ACTIVITY_WIDTH) {
            self.activity(branch, node, now);
        }
        if let Some((succeeded, text)) = child::ended(&within, &entry.event, ACTIVITY_WIDTH) {
            let (good, bad) = (style::GOOD, style::ERROR);
            self.print(match succeeded {
                true => format!("    {good}✓{good:#} {text}"),
                false => format!("    {bad}✗{bad:#} {text}"),
            });
        }
    }

    /// What happens to a parallel node and its branches.
    fn parallel(&mut self, branch: Option<&BranchPath>, event: &RunEvent) {
        let warn = style::WARN;
        match event {
            RunEvent::ParallelStarted {
                node, branch_count, ..
            } => self.activity(branch, node, format!("{branch_count} branches")),
            RunEvent::ParallelBranchCompleted { end, .. } => {
                let cut_short = branch.is_some() && self.clear(branch);
                let name = branch.map_or("", BranchPath::as_str);
                if cut_short && *end == BranchEnd::Cancelled {
                    self.print(format!("    {warn}{name}: cancelled{warn:#}"));
                }
                self.show();
            }
            RunEvent::ParallelTimedOut { node, .. } => {
                let name = format::stage(branch, node);
                self.print(format!("    {warn}{name}: its time is up{warn:#}"));
            }
            _ => {}
        }
    }
}

impl Reporter for Terminal {
    fn entry(&mut self, entry: &JournalEntry) {
        let branch = entry.branch.as_ref();
        let node = entry.event.node().map_or("", |node| node.as_str());
        if let Some(stage) = self.stage(branch, node) {
            stage.used.add(entry);
        }
        let (good, bad, warn, dim) = (style::GOOD, style::ERROR, style::WARN, style::DIM);
        match &entry.event {
            RunEvent::StageStarted { attempt, .. } => self.begin(branch, node, *attempt),
            RunEvent::StageCompleted {
                outcome,
                duration_ms,
                ..
            } => {
                let word = outcome.word();
                let note = if word == "success" {
                    String::new()
                } else {
                    format!("   {word}")
                };
                let mark = format!("{good}✓{good:#}");
                self.end(branch, node, &mark, *duration_ms, &note);
            }
            RunEvent::StageFailed {
                error, duration_ms, ..
            } => {
                let note = format!("   {}", format::failure(error, ACTIVITY_WIDTH));
                let mark = format!("{bad}✗{bad:#}");
                self.end(branch, node, &mark, *duration_ms, &note);
            }
            RunEvent::StageRetrying {
                attempt, delay_ms, ..
            } => {
                let delay = format::duration(Duration::from_millis(*delay_ms));
                let name = format::stage(branch, node);
                self.print(format!(
                    "    {warn}{name}: attempt {attempt} in {delay}{warn:#}"
                ));
            }
            RunEvent::GoalGateUnsatisfied { .. } => {
                self.print(format!(
                    "    {warn}goal gate {node} isn't satisfied{warn:#}"
                ));
            }
            RunEvent::CommitCreated { commit } => {
                if let Some(text) = format::commit(commit) {
                    self.print(format!("    {warn}{text}{warn:#}"));
                }
            }
            RunEvent::EdgeSelected { to, label, .. } if !label.is_empty() => {
                let label = format::line(label, ACTIVITY_WIDTH);
                let who = format::speaker(branch, node);
                self.print(format!("    {dim}{who}{label} → {to}{dim:#}"));
            }
            RunEvent::Jumped { to, reason, .. } if *reason != JumpReason::Joined => {
                let who = format::speaker(branch, node);
                self.print(format!("    {dim}{who}⇒ {to}{dim:#}"));
            }
            RunEvent::Progress { progress, .. } => self.progress(branch, node, progress),
            RunEvent::RunInterrupted { .. }
            | RunEvent::RunPaused { .. }
            | RunEvent::RunFailed { .. } => {
                self.clear(None);
                self.show();
            }
            event => self.parallel(branch, event),
        }
    }

    fn live(&mut self, branch: Option<&BranchPath>, node: &str, progress: &StageProgress) {
        match progress {
            StageProgress::TextDelta { text } => self.writing(branch, node, text),
            _ => {
                if let Some(stage) = self.stage(branch, node) {
                    stage.draw();
                }
            }
        }
    }

    fn gap(&mut self, _: u64) {}

    fn notice(&mut self, text: &str) {
        self.screen.print(&format!("  {text}"));
    }

    fn finish(&mut self) {
        self.clear(None);
        self.show();
    }
}
