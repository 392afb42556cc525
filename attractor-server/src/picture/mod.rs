//! A pipeline as a picture: `attractor graph` without Graphviz on the machine.
//!
//! `layout` decides where things go (with the layout-rs library), `outline` what each of the
//! nine shapes looks like, `overlay` what a run did, `svg` and `dot` write the text.

mod dot;
mod layout;
mod outline;
mod overlay;
#[cfg(feature = "serve")]
mod page;
mod style;
mod svg;

use attractor_core::Graph;

use crate::Error;

pub use overlay::Overlay;
#[cfg(feature = "serve")]
pub(crate) use page::dot_to_lay_out;

/// Layering takes a second for this many, grows with the cube, and nobody can read the result.
pub(crate) const MAX_NODES: usize = 1_000;

/// The graph as a standalone SVG document, light or dark as the viewer prefers.
///
/// # Errors
///
/// A graph of more than 1,000 nodes or 4,000 edges is refused.
pub fn svg(graph: &Graph) -> Result<String, Error> {
    drawn(graph, None)
}

/// The same, coloured by what happened in a run.
///
/// # Errors
///
/// As for [`svg`].
pub fn svg_of_run(graph: &Graph, overlay: &Overlay) -> Result<String, Error> {
    drawn(graph, Some(overlay))
}

/// The graph as DOT that Graphviz draws, with every key and value in quotes.
#[must_use]
pub fn dot(graph: &Graph) -> String {
    dot::write(graph, None)
}

/// The same, coloured by what happened in a run.
#[must_use]
pub fn dot_of_run(graph: &Graph, overlay: &Overlay) -> String {
    dot::write(graph, Some(overlay))
}

fn drawn(graph: &Graph, overlay: Option<&Overlay>) -> Result<String, Error> {
    let (nodes, edges) = (graph.nodes().len(), graph.edges().len());
    if nodes > MAX_NODES || edges > 4 * MAX_NODES {
        return Err(Error::failure(format!(
            "{nodes} nodes and {edges} edges are too many to draw"
        ))
        .hint(
            "split the pipeline, or use Graphviz: `attractor graph --format dot FILE | dot -Tsvg`",
        ));
    }
    Ok(svg::write(graph, &layout::place(graph, overlay), overlay))
}
