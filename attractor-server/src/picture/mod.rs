//! A pipeline as a picture: `attractor graph` without Graphviz on the machine.
//!
//! `layout` decides where things go (with the layout-rs library), `outline` what each of the
//! nine shapes looks like, `svg` writes the text.

mod layout;
mod outline;
mod svg;

use attractor_core::Graph;

use crate::Error;

/// Layering takes a second for this many, grows with the cube, and nobody can read the result.
const MAX_NODES: usize = 1_000;

/// The graph as a standalone SVG document, light or dark as the viewer prefers.
///
/// # Errors
///
/// A graph of more than 1,000 nodes or 4,000 edges is refused.
pub fn svg(graph: &Graph) -> Result<String, Error> {
    let (nodes, edges) = (graph.nodes().len(), graph.edges().len());
    if nodes > MAX_NODES || edges > 4 * MAX_NODES {
        return Err(Error::failure(format!(
            "{nodes} nodes and {edges} edges are too many to draw"
        ))
        .hint("split the pipeline, or use Graphviz: `dot -Tsvg FILE`"));
    }
    Ok(svg::write(graph, &layout::place(graph)))
}
