//! What a subagent was last seen doing.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::event::EventKind;

/// Signs of life, noted from a subagent's events.
#[derive(Debug)]
pub(super) struct Activity(Mutex<Seen>);

#[derive(Debug)]
struct Seen {
    at: Instant,
    turns: u32,
    doing: String,
    last_text: String,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Seen {
            at: Instant::now(),
            turns: 0,
            doing: "starting".to_owned(),
            last_text: String::new(),
        }))
    }

    /// Notes an event; every event is a sign of life.
    pub(super) fn note(&self, event: &EventKind) {
        let mut seen = self.seen();
        seen.at = Instant::now();
        match event {
            EventKind::ModelRequest { .. } => seen.doing = "waiting for its model".to_owned(),
            EventKind::AssistantTextStart => seen.doing = "writing".to_owned(),
            EventKind::AssistantTextEnd { text, .. } => {
                seen.turns += 1;
                if !text.is_empty() {
                    seen.last_text.clone_from(text);
                }
            }
            EventKind::ToolCallStart {
                tool_name, summary, ..
            } => seen.doing = format!("{tool_name} {summary}").trim_end().to_owned(),
            _ => {}
        }
    }

    /// A new piece of work begins.
    pub(super) fn begin(&self) {
        self.seen().at = Instant::now();
    }

    pub(super) fn last_sign_of_life(&self) -> Instant {
        self.seen().at
    }

    pub(super) fn turns(&self) -> u32 {
        self.seen().turns
    }

    pub(super) fn last_text(&self) -> String {
        self.seen().last_text.clone()
    }

    /// What it does now, for the parent's model.
    pub(super) fn describe(&self) -> String {
        let seen = self.seen();
        format!(
            "{} turns so far; {:.0} s ago: {}",
            seen.turns,
            seen.at.elapsed().as_secs_f64(),
            seen.doing
        )
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
