//! A graph as DOT that a page's Graphviz lays out: what it looks like is the page's style.

use std::fmt::Write as _;

use attractor_core::{AttrValue, Graph};

use super::dot::{attributes, quote};
use super::layout::{edge_lines, node_lines};

/// Nodes of a graph that a browser lays out while somebody waits: a second's work on a telephone.
const MAX_NODES: usize = 400;

/// The graph, if it isn't too large. Nodes have the type of their handler as class, edges their place in
/// the text as id: `edge-3`.
pub(crate) fn dot_to_lay_out(graph: &Graph) -> Option<String> {
    let (nodes, edges) = (graph.nodes().len(), graph.edges().len());
    if nodes > MAX_NODES || edges > 4 * MAX_NODES {
        return None;
    }
    let mut text = String::from("digraph {\n  bgcolor=\"transparent\"\n");
    let direction = graph.attrs().attr("rankdir").and_then(AttrValue::as_str);
    if let Some(direction) = direction {
        let _ = writeln!(text, "  rankdir={}", quote(direction));
    }
    text.push_str("  node [fontname=\"Helvetica\", fontsize=\"13\"]\n");
    text.push_str("  edge [fontname=\"Helvetica\", fontsize=\"11\"]\n");
    for node in graph.nodes() {
        let class = graph.resolved_type(node).replace('.', "-");
        let row = [
            ("label", node_lines(node, None).join("\n")),
            ("shape", node.shape.as_str().to_owned()),
            ("class", class),
        ];
        let _ = writeln!(text, "  {} {}", quote(node.id()), attributes(&row));
    }
    for (index, edge) in graph.edges().iter().enumerate() {
        let mut row = vec![("id", format!("edge-{index}"))];
        let lines = edge_lines(edge, index, None);
        if !lines.is_empty() {
            // Without blanks around it a label touches its edge.
            let lines: Vec<_> = lines.iter().map(|line| format!(" {line} ")).collect();
            row.push(("label", lines.join("\n")));
        }
        if edge.condition.is_some() {
            row.push(("style", "dashed".to_owned()));
        }
        let (from, to) = (quote(edge.from()), quote(edge.to()));
        let _ = writeln!(text, "  {from} -> {to} {}", attributes(&row));
    }
    text.push_str("}\n");
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_a_pipeline_says_is_quoted() {
        let source = r#"digraph x { a [label="say \"hi\"", timeout=5m, shape=box]; b; a -> b [label="URL=\"x\""] }"#;
        let (graph, _) = Graph::parse(source).unwrap();
        let text = dot_to_lay_out(&graph).unwrap();
        let node = r#"  "a" ["label"="say \"hi\"", "shape"="box", "class"="codergen"]"#;
        assert!(text.contains(node), "{text}");
        let edge = r#"  "a" -> "b" ["id"="edge-0", "label"=" URL=\"x\" "]"#;
        assert!(text.contains(edge), "{text}");
    }

    #[test]
    fn what_nobody_could_read_is_not_laid_out() {
        let nodes: String = (0..=MAX_NODES).map(|n| format!("n{n}; ")).collect();
        let (graph, _) = Graph::parse(&format!("digraph x {{ {nodes} }}")).unwrap();
        assert!(dot_to_lay_out(&graph).is_none());
    }
}
