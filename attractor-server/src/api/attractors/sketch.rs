use std::collections::BTreeMap;

use attractor_core::Graph;
use attractor_core::dot::LineIndex;
use serde::Serialize;
use utoipa::ToSchema;

use super::content::{Validation, check};
use super::validate::Text;
use crate::api::extract::Json;
use crate::api::respond::{self, Answer};
use crate::domain::Error;
use crate::picture;

/// What is wrong with a text, and how it looks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sketch {
    validation: Validation,
    /// The graph as DOT that any Graphviz draws, as far as the text is one; none if it isn't, or is too large
    /// to be drawn.
    dot: Option<String>,
    /// Its nodes.
    nodes: Vec<SketchedNode>,
}

/// Where a node stands in the text.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SketchedNode {
    id: String,
    /// From 1.
    line: usize,
    /// From 1, in characters.
    column: usize,
}

/// What is wrong with a pipeline's text, and how it looks while it's being written.
#[utoipa::path(post, path = "/api/attractors/sketch", tag = "attractors", request_body = Text,
    responses((status = 200, body = Sketch)),
)]
pub(crate) async fn sketch(Json(body): Json<Text>) -> Answer {
    let drawn = tokio::task::spawn_blocking(move || draw(&body.content)).await;
    let drawn = drawn.map_err(|error| Error::internal("a sketch broke off").caused_by(error))?;
    respond::ok(&drawn?)
}

/// A text that has errors is drawn too, as long as it can be read.
fn draw(content: &str) -> Result<Sketch, Error> {
    let checked = check(content)?;
    let read = || Graph::parse(content).ok().map(|(graph, _)| graph);
    let graph = match checked.pipeline {
        Some(pipeline) => Some((**pipeline.graph()).clone()),
        None => read(),
    };
    let lines = LineIndex::new(content);
    let places = graph.as_ref().map(places).unwrap_or_default();
    let nodes = places.into_iter().map(|(id, offset)| {
        let place = lines.position(offset);
        SketchedNode {
            id,
            line: place.line,
            column: place.column,
        }
    });
    Ok(Sketch {
        nodes: nodes.collect(),
        dot: graph.as_ref().and_then(picture::dot_to_lay_out),
        validation: checked.validation,
    })
}

/// Where each node is declared; where an edge names it first, if it isn't.
fn places(graph: &Graph) -> BTreeMap<String, usize> {
    let declared = graph.nodes().iter();
    let declared = declared.map(|node| (node.id(), node.span));
    let named = graph.edges().iter();
    let named = named.flat_map(|edge| [(edge.from(), edge.span), (edge.to(), edge.span)]);
    let mut places = BTreeMap::new();
    for (id, span) in declared.chain(named) {
        if let Some(span) = span {
            places.entry(id.to_string()).or_insert(span.start);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_errors_is_drawn_as_far_as_it_can_be_read() {
        let lacks_an_end = "digraph x {\n  start [shape=Mdiamond]\n  start -> work\n}";
        let sketch = draw(lacks_an_end).unwrap();
        assert!(!sketch.validation.valid);
        assert!(sketch.dot.unwrap().contains("\"start\" -> \"work\""));
        let places: Vec<_> = sketch
            .nodes
            .iter()
            .map(|it| (&*it.id, it.line, it.column))
            .collect();
        assert_eq!(places, [("start", 2, 3), ("work", 3, 3)]);
        let unreadable = draw("digraph x {").unwrap();
        assert!(unreadable.dot.is_none() && !unreadable.validation.valid);
    }
}
