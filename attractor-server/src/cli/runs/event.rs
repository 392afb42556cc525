//! Events of a run in words; pure.

use attractor_core::JournalEntry;

use super::answer;
use crate::cli::remote::show;
use crate::domain::{RunEvent, RunQuestion, event_type};
use crate::progress::format;

/// Characters of a question.
const COLUMNS: usize = 160;

/// The entry of the engine's journal that an event is, if it's one.
pub(super) fn entry(event: &RunEvent) -> Option<JournalEntry> {
    if !event.kind.starts_with("Engine") {
        return None;
    }
    serde_json::from_value(show::clean(event.payload["payload"].clone())).ok()
}

/// Whether after an event the run may be paused, or other questions may wait.
pub(super) fn may_stop_or_ask(event: &RunEvent) -> bool {
    matches!(
        event.kind.as_str(),
        event_type::PAUSED
            | event_type::QUESTION_PENDING
            | event_type::QUESTION_ANSWERED
            | event_type::QUESTION_TIMED_OUT
    )
}

/// An event of the control plane as a sentence, or nothing for what somebody who watches sees anyway.
pub(super) fn describe(event: &RunEvent) -> Option<String> {
    let said = |field: &str| show::cell(&event.payload, field);
    Some(match event.kind.as_str() {
        event_type::QUEUED => "the run waits for its turn".to_owned(),
        event_type::DISPATCHED => "the run is given to a runner".to_owned(),
        event_type::DEFERRED_CONCURRENCY => {
            "the run waits: as many of the project's are executed as may be".to_owned()
        }
        event_type::DEFERRED_BRANCH_LOCK => "the run waits: another works on its branch".to_owned(),
        event_type::DISPATCH_FAILED => "no runner could be started".to_owned(),
        event_type::RUNNER_LOST => "the runner is gone; the run waits for another".to_owned(),
        event_type::STOP_REQUESTED => match event.payload["stop"].as_str() {
            Some("pause") => "the run is asked to pause".to_owned(),
            _ => "the run is being cancelled".to_owned(),
        },
        event_type::PAUSED => "the run is paused".to_owned(),
        event_type::RESUMED => "the run goes on".to_owned(),
        event_type::CANCELED => "the run is cancelled".to_owned(),
        event_type::TIMED_OUT => "the run's time is up".to_owned(),
        event_type::QUESTION_ANSWERED => format!("{}: answered by {}", said("nodeId"), said("by")),
        event_type::QUESTION_TIMED_OUT => format!("{}: nobody answered in time", said("nodeId")),
        event_type::ARTIFACT_STORED => format!("stored {}", said("artifactKey")),
        _ => return None,
    })
}

/// What is asked, and what to type to answer it.
pub(super) fn how_to_answer(question: &RunQuestion) -> String {
    let prompt = format::line(&question.prompt, COLUMNS);
    let choices = answer::choices(question);
    let (run, id) = (&question.run_id, &question.id);
    let (choices, what) = match choices.as_str() {
        answer::TEXT => (String::new(), "--text TEXT"),
        choices => (format!(" ({choices})"), "CHOICE"),
    };
    format!("[?] {prompt}{choices}: `attractor runs answer {run} {id} {what}`")
}
