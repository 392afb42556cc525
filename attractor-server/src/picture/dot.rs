//! A graph as DOT that any Graphviz draws the way our own picture is drawn.
//!
//! It's for drawing: what a node does isn't in it. Every key and value is in quotes.

use std::fmt::Write as _;

use attractor_core::{AttrValue, Graph};

use super::layout::{edge_lines, node_lines};
use super::overlay::{Overlay, State};

/// Fill and outline of a state, in the colours of the SVG.
fn colours(state: State) -> (&'static str, &'static str) {
    match state {
        State::Success => ("#dff3e4", "#1f7a3f"),
        State::Partial => ("#fdf3cf", "#8a6a00"),
        State::Failed => ("#fbdcd8", "#b3261e"),
        State::Skipped => ("#eceff2", "#5b6b7b"),
        State::Running => ("#d9e8fc", "#1a5fb4"),
        State::Interrupted => ("#fde4cc", "#a85400"),
        State::NotReached => ("#ffffff", "#9aa8b5"),
    }
}

/// Writes the graph, coloured by a run if there is one.
pub(super) fn write(graph: &Graph, overlay: Option<&Overlay>) -> String {
    let mut text = format!("digraph {} {{\n", quote(graph.name()));
    let attrs = graph.attrs();
    if let Some(direction) = attrs.attr("rankdir").and_then(AttrValue::as_str) {
        let _ = writeln!(text, "  \"rankdir\"={};", quote(direction));
    }
    if !attrs.label.is_empty() {
        let _ = writeln!(text, "  \"label\"={};", quote(&attrs.label));
    }
    text.push_str("  node [\"fontname\"=\"Helvetica\", \"fontsize\"=\"12\"];\n");
    text.push_str("  edge [\"fontname\"=\"Helvetica\", \"fontsize\"=\"10\"];\n");
    for node in graph.nodes() {
        let mut row = vec![
            ("label", node_lines(node, overlay).join("\n")),
            ("shape", node.shape.as_str().to_owned()),
        ];
        if let Some(overlay) = overlay {
            let state = overlay.state(node.id());
            let (fill, line) = colours(state);
            let style = if state == State::NotReached {
                "dashed"
            } else {
                "filled"
            };
            row.push(("style", style.to_owned()));
            row.push(("fillcolor", fill.to_owned()));
            row.push(("color", line.to_owned()));
            row.push(("tooltip", overlay.about(node.id())));
        }
        let _ = writeln!(text, "  {} {};", quote(node.id()), attributes(&row));
    }
    for (index, edge) in graph.edges().iter().enumerate() {
        let lines = edge_lines(edge, index, overlay);
        let mut row = Vec::new();
        if !lines.is_empty() {
            row.push(("label", lines.join("\n")));
        }
        if edge.condition.is_some() {
            row.push(("style", "dashed".to_owned()));
        }
        match overlay.map(|overlay| (overlay, overlay.taken(index))) {
            None => {}
            Some((overlay, 0)) => {
                row.push(("color", "#b4c0cb".to_owned()));
                row.push(("tooltip", overlay.about_edge(index)));
            }
            Some((overlay, _)) => {
                row.push(("penwidth", "2.5".to_owned()));
                row.push(("tooltip", overlay.about_edge(index)));
            }
        }
        let (from, to) = (quote(edge.from()), quote(edge.to()));
        let _ = write!(text, "  {from} -> {to}");
        if !row.is_empty() {
            let _ = write!(text, " {}", attributes(&row));
        }
        text.push_str(";\n");
    }
    text.push_str("}\n");
    text
}

pub(super) fn attributes(row: &[(&str, String)]) -> String {
    let written = row.iter();
    let written: Vec<_> = written
        .map(|(key, value)| format!("{}={}", quote(key), quote(value)))
        .collect();
    format!("[{}]", written.join(", "))
}

/// A text as a quoted string whose escapes Graphviz doesn't take for its own.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            control if control.is_control() => quoted.push(' '),
            other => quoted.push(other),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn quotes_backslashes_and_line_ends_are_escaped() {
        assert_eq!(quote("a \"b\" \\N\nc"), r#""a \"b\" \\N\nc""#);
    }
}
