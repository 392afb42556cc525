//! The live view: a line for each finished stage, and one that moves for the present one.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use attractor_core::{JournalEntry, RunEvent, StageProgress};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::sync::Notify;

use super::{Reporter, Totals, format, totals};
use crate::console::style;

/// How often the moving line is drawn.
const TICK: Duration = Duration::from_millis(120);

/// Characters of what a stage is doing.
const ACTIVITY_WIDTH: usize = 60;

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
    bar: Option<ProgressBar>,
    stage: Option<Stage>,
}

/// The stage that is running.
#[derive(Debug)]
struct Stage {
    attempt: u32,
    used: Totals,
    activity: String,
}

impl Terminal {
    pub(crate) fn new(screen: Arc<Screen>) -> Terminal {
        Terminal {
            screen,
            bar: None,
            stage: None,
        }
    }

    fn begin(&mut self, node: &str, attempt: u32) {
        let bar = self.screen.bars.add(ProgressBar::new_spinner());
        if let Ok(template) =
            ProgressStyle::with_template("  {spinner:.cyan} {prefix:18} {elapsed:>7}   {wide_msg}")
        {
            bar.set_style(template);
        }
        bar.set_prefix(node.to_owned());
        bar.enable_steady_tick(TICK);
        self.bar = Some(bar);
        self.stage = Some(Stage {
            attempt,
            used: Totals::default(),
            activity: String::new(),
        });
        self.draw();
    }

    fn draw(&self) {
        let (Some(bar), Some(stage)) = (&self.bar, &self.stage) else {
            return;
        };
        let mut parts = Vec::new();
        if stage.attempt > 1 {
            parts.push(format!("attempt {}", stage.attempt));
        }
        parts.extend(self.stage_usage());
        if !stage.activity.is_empty() {
            parts.push(stage.activity.clone());
        }
        bar.set_message(parts.join("   "));
    }

    /// What the present stage has used.
    fn stage_usage(&self) -> Option<String> {
        totals::describe(&self.stage.as_ref()?.used.usage)
    }

    fn end(&mut self, mark: &str, node: &str, duration_ms: u64, note: &str) {
        let usage = self
            .stage_usage()
            .map(|usage| format!("   {usage}"))
            .unwrap_or_default();
        self.clear();
        let (dim, took) = (
            style::DIM,
            format::duration(Duration::from_millis(duration_ms)),
        );
        self.screen.print(&format!(
            "  {mark} {node:<18} {took:>7}{dim}{usage}{dim:#}{note}"
        ));
    }

    fn clear(&mut self) {
        self.hide();
        self.stage = None;
    }

    fn hide(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn activity(&mut self, text: String) {
        if let Some(stage) = &mut self.stage {
            stage.activity = text;
            self.draw();
        }
    }

    fn progress(&mut self, progress: &StageProgress) {
        match progress {
            StageProgress::ModelRequestStarted { model, .. } => {
                self.activity(format!("waiting for {model}"));
            }
            StageProgress::ToolCallStarted { tool, summary, .. } => {
                let what = format::line(&format!("{tool}: {summary}"), ACTIVITY_WIDTH);
                self.activity(what);
            }
            StageProgress::Text { text } => {
                let dim = style::DIM;
                let text = format::line(text, TEXT_WIDTH);
                if !text.is_empty() {
                    self.screen.print(&format!("    {dim}{text}{dim:#}"));
                }
                self.draw();
            }
            StageProgress::InterviewStarted { .. } => {
                self.hide();
                self.screen.room.notify_one();
            }
            StageProgress::Warning { message } => {
                let warn = style::WARN;
                self.screen.print(&format!(
                    "    {warn}warning:{warn:#} {}",
                    format::line(message, TEXT_WIDTH)
                ));
            }
            _ => self.draw(),
        }
    }
}

impl Reporter for Terminal {
    fn entry(&mut self, entry: &JournalEntry) {
        if let Some(stage) = &mut self.stage {
            stage.used.add(entry);
        }
        let (good, bad, warn, dim) = (style::GOOD, style::ERROR, style::WARN, style::DIM);
        match &entry.event {
            RunEvent::StageStarted { node, attempt, .. } => self.begin(node, *attempt),
            RunEvent::StageCompleted {
                node,
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
                self.end(&format!("{good}✓{good:#}"), node, *duration_ms, &note);
            }
            RunEvent::StageFailed {
                node,
                error,
                duration_ms,
                ..
            } => {
                let note = format!("   {}", format::failure(error, ACTIVITY_WIDTH));
                self.end(&format!("{bad}✗{bad:#}"), node, *duration_ms, &note);
            }
            RunEvent::StageRetrying {
                node,
                attempt,
                delay_ms,
                ..
            } => {
                let delay = format::duration(Duration::from_millis(*delay_ms));
                self.screen.print(&format!(
                    "    {warn}{node}: attempt {attempt} in {delay}{warn:#}"
                ));
            }
            RunEvent::GoalGateUnsatisfied { node, .. } => {
                self.screen.print(&format!(
                    "    {warn}goal gate {node} isn't satisfied{warn:#}"
                ));
            }
            RunEvent::EdgeSelected { to, label, .. } if !label.is_empty() => {
                let label = format::line(label, ACTIVITY_WIDTH);
                self.screen
                    .print(&format!("    {dim}{label} → {to}{dim:#}"));
            }
            RunEvent::Jumped { to, .. } => self.screen.print(&format!("    {dim}⇒ {to}{dim:#}")),
            RunEvent::Progress { progress, .. } => self.progress(progress),
            RunEvent::RunInterrupted { .. } => self.clear(),
            _ => {}
        }
    }

    fn live(&mut self, _: &str, progress: &StageProgress) {
        match progress {
            StageProgress::TextDelta { .. } => self.activity("writing".to_owned()),
            _ => self.draw(),
        }
    }

    fn gap(&mut self, _: u64) {}

    fn notice(&mut self, text: &str) {
        self.screen.print(&format!("  {text}"));
    }

    fn finish(&mut self) {
        self.clear();
    }
}
