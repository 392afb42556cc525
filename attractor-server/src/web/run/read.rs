//! What the run's page reads of the store.

use std::collections::BTreeMap;

use attractor_core::Graph;

use super::limits::{EVENTS, READ};
use super::story::{self, Story};
use super::transcript::Transcript;
use crate::api::runs::journal;
use crate::app::App;
use crate::domain::{Error, Run, RunEvent, RunStatus};

/// Calls a function with each event of a run, in order.
async fn each(app: &App, run: &Run, mut take: impl FnMut(&RunEvent)) -> Result<(), Error> {
    let mut after = 0;
    loop {
        let events = app.store().events(&run.id, after, READ).await?;
        let is_last = events.len() < READ as usize;
        for event in &events {
            after = event.seq;
            take(event);
        }
        if is_last || after >= EVENTS {
            return Ok(());
        }
    }
}

/// The run so far.
pub(super) async fn story(app: &App, run: &Run) -> Result<Story, Error> {
    let mut story = Story::default();
    each(app, run, |event| story.add(event)).await?;
    if run.status != RunStatus::Running {
        story.stop();
    }
    Ok(story)
}

/// What was said and done at a node, and the number of the last event that is in it.
pub(super) async fn transcript(
    app: &App,
    run: &Run,
    node: &str,
) -> Result<(Transcript, i64), Error> {
    let mut transcript = Transcript::default();
    let mut seq = 0;
    let take = |event: &RunEvent| {
        seq = event.seq;
        let is_of_node = event.payload.get("nodeId").is_some_and(|it| it == node);
        if let Some(entry) = is_of_node.then(|| story::entry(event)).flatten() {
            transcript.add(node, event.ts, &entry);
        }
    };
    each(app, run, take).await?;
    Ok((transcript, seq))
}

/// What people call the nodes of a run's pipeline, and what they are told; nothing of a pipeline that lies
/// in the repository.
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    labels: BTreeMap<String, String>,
    prompts: BTreeMap<String, String>,
    /// What a browser lays out.
    pub(super) dot: Option<String>,
}

impl Pipeline {
    pub(super) async fn of(app: &App, run: &Run) -> Self {
        match journal::graph(app, run).await {
            Ok(graph) => Self::new(&graph),
            // The page shows what it can without.
            Err(_) => Self::default(),
        }
    }

    fn new(graph: &Graph) -> Self {
        let nodes = || graph.nodes().iter();
        let named =
            |node: &attractor_core::Node, text: &str| (node.id().to_string(), text.to_owned());
        let labels = nodes().filter(|node| !node.label.is_empty());
        let prompts = nodes().filter(|node| !node.prompt.is_empty());
        Self {
            labels: labels
                .map(|node| named(node, &node.label.replace('\n', " ")))
                .collect(),
            prompts: prompts.map(|node| named(node, &node.prompt)).collect(),
            dot: crate::picture::dot_to_lay_out(graph),
        }
    }

    /// What people call a node.
    pub(super) fn label<'a>(&'a self, node: &'a str) -> &'a str {
        self.labels.get(node).map_or(node, String::as_str)
    }

    /// What a node's model is told, before its variables are filled in.
    pub(super) fn prompt(&self, node: &str) -> &str {
        self.prompts.get(node).map_or("", String::as_str)
    }
}
