//! What happens in a child run, as its parent's watcher sees it.

use std::time::Duration;

use attractor_core::{ChildUpdate, JournalEntry, RunEvent, StageProgress};

use super::format;

/// The entry of a child's journal in a report of the stage at `node`, and the stages that the
/// child is within: `part`, `part/inner`.
pub(super) fn entry<'a>(
    node: &str,
    mut progress: &'a StageProgress,
) -> Option<(String, &'a JournalEntry)> {
    let mut within = node.to_owned();
    while let StageProgress::Child { update, .. } = progress {
        match &**update {
            ChildUpdate::Entry(entry) => return Some((within, entry)),
            ChildUpdate::Live {
                node,
                progress: inner,
                ..
            } => {
                within = format!("{within}/{node}");
                progress = inner;
            }
            _ => return None,
        }
    }
    None
}

/// Whether an event is about a stage, and not about the way from one to the next.
pub(super) fn is_stage(event: &RunEvent) -> bool {
    matches!(
        event,
        RunEvent::StageStarted { .. }
            | RunEvent::StageCompleted { .. }
            | RunEvent::StageFailed { .. }
            | RunEvent::StageRetrying { .. }
            | RunEvent::Progress { .. }
    )
}

/// What a stage says about its child run, or was told.
pub(super) fn describe(progress: &StageProgress, width: usize) -> Option<String> {
    let line = |text: &str| format::line(text, width);
    Some(match progress {
        StageProgress::ChildStarted { name, resumed, .. } => {
            let what = if *resumed { "goes on with" } else { "runs" };
            format!("{what} {}", line(name))
        }
        StageProgress::ManagerCycle {
            action,
            message: Some(message),
            ..
        } => format!("{action}: {}", line(message)),
        StageProgress::Steered { message } => format!("was told: {}", line(message)),
        _ => return None,
    })
}

/// What a child run does now.
pub(super) fn activity(within: &str, node: &str, event: &RunEvent, width: usize) -> Option<String> {
    let inner = within.strip_prefix(node).unwrap_or(within);
    let stage = |at: &str| format!("{inner}/{at}").trim_start_matches('/').to_owned();
    Some(match event {
        RunEvent::StageStarted { node, .. } => stage(node),
        RunEvent::Progress {
            node,
            progress: StageProgress::ToolCallStarted { tool, summary, .. },
        } => format::line(&format!("{}: {tool}: {summary}", stage(node)), width),
        RunEvent::Progress {
            node,
            progress: StageProgress::ModelRequestStarted { model, .. },
        } => format!("{}: waiting for {model}", stage(node)),
        _ => return None,
    })
}

/// A stage of a child run that has ended, and whether it succeeded.
pub(super) fn ended(within: &str, event: &RunEvent, width: usize) -> Option<(bool, String)> {
    let took = |ms: &u64| format::duration(Duration::from_millis(*ms));
    Some(match event {
        RunEvent::StageCompleted {
            node, duration_ms, ..
        } => (true, format!("{within}/{node} {}", took(duration_ms))),
        RunEvent::StageFailed {
            node,
            duration_ms,
            error,
            ..
        } => {
            let error = format::failure(error, width);
            (
                false,
                format!("{within}/{node} {}   {error}", took(duration_ms)),
            )
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(node: &str) -> JournalEntry {
        let text = format!(
            r#"{{"version":1,"seq":1,"time":"t","event":"stage_started","node":"{node}","index":1,"visit":1,"attempt":1,"handler":"codergen"}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn child(update: ChildUpdate) -> StageProgress {
        let run_id = "run".to_owned();
        let update = Box::new(update);
        StageProgress::Child { run_id, update }
    }

    #[test]
    fn an_entry_of_a_child_of_a_child_names_both_stages() {
        let leaf = child(ChildUpdate::Entry(started("work")));
        let text = serde_json::to_string(&leaf).unwrap();
        let middle = format!(
            r#"{{"event":"child","run_id":"run","update":{{"live":{{"node":"inner","progress":{text}}}}}}}"#
        );
        let middle: StageProgress = serde_json::from_str(&middle).unwrap();
        let (within, found) = entry("part", &middle).unwrap();
        assert_eq!((within.as_str(), found), ("part/inner", &started("work")));
        let now = activity(&within, "part", &found.event, 80);
        assert_eq!(now.as_deref(), Some("inner/work"));
        assert!(is_stage(&found.event));
    }
}
