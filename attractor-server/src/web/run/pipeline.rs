use std::collections::BTreeMap;

use attractor_core::Graph;

use crate::api::runs::journal;
use crate::app::App;
use crate::domain::{ErrorKind, Run};
use crate::picture;

/// What people call the nodes of a run's pipeline, and what they are told; nothing of a pipeline whose text
/// isn't known.
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    labels: BTreeMap<String, String>,
    prompts: BTreeMap<String, String>,
    /// How many nodes it has; none, if its text isn't known.
    pub(super) nodes: usize,
    /// What a browser lays out, unless it's too much for it.
    pub(super) dot: Option<String>,
}

impl Pipeline {
    /// That of a run, as soon as its text is known.
    pub(super) async fn of(app: &App, run: &Run) -> Option<Self> {
        match journal::graph(app, run).await {
            Ok(graph) => Some(Self::new(&graph)),
            Err(error) => {
                if error.kind() == ErrorKind::Internal {
                    tracing::warn!(%error, run = %run.id, "a run's pipeline can't be read");
                }
                // The page shows what it can without.
                None
            }
        }
    }

    /// About as many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let texts = self.labels.iter().chain(&self.prompts);
        let texts: usize = texts.map(|(id, text)| id.len() + text.len()).sum();
        texts + self.dot.as_ref().map_or(0, String::len)
    }

    /// Whether the server can draw what a browser can't.
    pub(super) fn can_be_drawn(&self) -> bool {
        self.nodes > 0 && self.nodes <= picture::MAX_NODES
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
            nodes: graph.nodes().len(),
            dot: picture::dot_to_lay_out(graph),
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
