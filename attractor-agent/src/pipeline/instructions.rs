//! What a session is told about the stage it works on.

use std::{collections::BTreeMap, fmt::Write as _};

use attractor_core::StageContext;

use crate::session::SessionConfig;

/// The host's instructions and the pipeline's. A session that several stages share isn't told
/// about the edges of the first.
pub(super) fn render(stage: &StageContext, is_shared: bool, host: Option<&str>) -> String {
    let mut text = String::from(
        "You work on one stage of an automated pipeline. Nobody can answer questions: decide, and \
         say what you decided. Your last answer is the stage's result and counts as success. When \
         the stage did not succeed, or when the task asks you to choose how the pipeline goes on, \
         call `report_outcome` before your last answer.",
    );
    let choices = if is_shared {
        Vec::new()
    } else {
        choices(stage)
    };
    if !choices.is_empty() {
        let _ = write!(
            text,
            "\n\nThe ways on from this stage:\n{}",
            choices.concat()
        );
    }
    if let Some(host) = host {
        let _ = write!(text, "\n\n{host}");
    }
    text
}

/// What the stage's subagents are told: the host's instructions only.
pub(super) fn for_subagents(config: &SessionConfig) -> String {
    let own = config.subagent_instructions.as_deref();
    own.or(config.user_instructions.as_deref())
        .unwrap_or_default()
        .to_owned()
}

/// The outgoing edges, where there is something to choose.
fn choices(stage: &StageContext) -> Vec<String> {
    let edges = stage.graph().outgoing(stage.node().id().as_str());
    edges
        .filter(|edge| !edge.label.is_empty() || edge.condition.is_some())
        .map(|edge| {
            let label = match edge.label.as_str() {
                "" => String::new(),
                label => format!(" with preferred_label {label:?}"),
            };
            let condition = edge.condition.as_ref().map(|condition| condition.source());
            let when = condition
                .map(|source| format!(" when {source}"))
                .unwrap_or_default();
            format!("- to {}{label}{when}\n", edge.to().as_str())
        })
        .collect()
}

/// What the stage's commands find in their environment (decision 22).
pub(super) fn variables(stage: &StageContext) -> BTreeMap<String, String> {
    let path = |path: Option<&std::path::Path>| path.map(|path| path.display().to_string());
    let variables = [
        ("ATTRACTOR_RUN_ID", Some(stage.run_id().to_owned())),
        (
            "ATTRACTOR_NODE_ID",
            Some(stage.node().id().as_str().to_owned()),
        ),
        ("ATTRACTOR_LOGS_ROOT", path(stage.logs_root())),
        ("ATTRACTOR_STAGE_DIR", path(stage.stage_dir())),
        ("ATTRACTOR_GOAL", Some(stage.graph().attrs().goal.clone())),
    ];
    let known = variables
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    known.collect()
}
