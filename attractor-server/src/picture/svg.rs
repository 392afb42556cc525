//! The placed graph as text.

use std::fmt::Write as _;

use attractor_core::Graph;

use super::layout::{FONT_SIZE, LINE_HEIGHT, PlacedArrow, PlacedLabel, Placement, Point};
use super::outline;

/// Free space around the drawing, in pixels.
const MARGIN: f64 = 16.0;

/// The width of an average character of an edge's label, in pixels.
const LABEL_CHARACTER: f64 = 6.2;

/// The distance from one line of an edge's label to the next, in pixels.
const LABEL_LINE: f64 = 14.0;

/// Plain selectors and values only: many viewers know no more of CSS than that.
const STYLE: &str = "\
text { font-family: Helvetica, Arial, sans-serif; text-anchor: middle; fill: #1f2933; }
.shape { fill: #ffffff; stroke: #1f2933; stroke-width: 1.4px; }
.start { fill: #e3f2e8; }
.exit { fill: #e8ecf8; }
.codergen { fill: #fff8e6; }
.tool { fill: #eef2f5; }
.choice { fill: #fdeeea; }
.edge { fill: none; stroke: #5b6b7b; stroke-width: 1.4px; }
.conditional { stroke-dasharray: 5 3; }
.head { fill: #5b6b7b; }
.label { fill: #44525f; font-size: 12px; }
.plate { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
  svg { background: #14181d; }
  text { fill: #e4e9ee; }
  .shape { fill: #14181d; stroke: #c3ccd4; }
  .start { fill: #1d3527; }
  .exit { fill: #232b45; }
  .codergen { fill: #3a3116; }
  .tool { fill: #252d35; }
  .choice { fill: #40251d; }
  .edge { stroke: #9aa8b5; }
  .head { fill: #9aa8b5; }
  .label { fill: #b4c0cb; }
  .plate { fill: #14181d; }
}
";

/// Writes the document.
pub(super) fn write(graph: &Graph, placement: &Placement) -> String {
    let (from, to) = extent(placement);
    let (width, height) = (to.x - from.x, to.y - from.y);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"{:.1} {:.1} {width:.1} {height:.1}\" font-size=\"{FONT_SIZE}\" role=\"img\">\n",
        from.x, from.y
    );
    let _ = writeln!(text, "<title>{}</title>", escape(title(graph)));
    let _ = writeln!(text, "<style>\n{STYLE}</style>");
    text.push_str(
        "<defs><marker id=\"head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" \
         markerHeight=\"8\" orient=\"auto-start-reverse\"><path class=\"head\" \
         d=\"M0 0L10 5L0 10z\"/></marker></defs>\n",
    );
    for arrow in &placement.arrows {
        push_arrow(&mut text, arrow, tail(graph, placement, arrow.edge));
    }
    push_nodes(&mut text, graph, placement);
    for label in &placement.labels {
        push_label(&mut text, label);
    }
    text.push_str("</svg>\n");
    text
}

fn title(graph: &Graph) -> &str {
    let label = graph.attrs().label.as_str();
    if label.is_empty() {
        graph.name()
    } else {
        label
    }
}

fn push_nodes(text: &mut String, graph: &Graph, placement: &Placement) {
    for placed in &placement.nodes {
        let Some(node) = graph.nodes().get(placed.index) else {
            continue;
        };
        let class = match graph.resolved_type(node) {
            "start" => "start",
            "exit" => "exit",
            "codergen" => "codergen",
            "tool" => "tool",
            "conditional" | "wait.human" => "choice",
            _ => "other",
        };
        let _ = write!(
            text,
            "<g class=\"shape {class}\" id=\"node-{}\">",
            escape(node.id())
        );
        let _ = write!(text, "<title>{}</title>", escape(node.id()));
        text.push_str(&outline::elements(
            node.shape.as_str(),
            placed.centre,
            placed.size,
        ));
        text.push_str("</g>\n");
        push_lines(text, "", &placed.lines, placed.centre, LINE_HEIGHT);
    }
}

/// The middle of the node an edge comes from.
fn tail(graph: &Graph, placement: &Placement, edge: usize) -> Option<Point> {
    let from = graph.edges().get(edge)?.from();
    let placed = placement.nodes.iter().find(|placed| {
        graph
            .nodes()
            .get(placed.index)
            .is_some_and(|node| node.id() == from)
    })?;
    Some(placed.centre)
}

/// Nodes are drawn over edges, so an edge may begin in the middle of its tail: no gap is left
/// where the outline recedes from the border that the layout knows.
///
/// The first entry of a path is a point and the control point it is left by; each further one is
/// the control point it is arrived at by, and the point.
fn push_arrow(text: &mut String, arrow: &PlacedArrow, tail: Option<Point>) {
    let [(start, leave), rest @ ..] = arrow.path.as_slice() else {
        return;
    };
    let [(arrive, end), more @ ..] = rest else {
        return;
    };
    let class = if arrow.dashed {
        "edge conditional"
    } else {
        "edge"
    };
    let _ = write!(text, "<path class=\"{class}\" d=\"");
    match tail.filter(|_| !arrow.head_at_start) {
        Some(tail) => {
            let _ = write!(
                text,
                "M{:.1} {:.1} L{:.1} {:.1}",
                tail.x, tail.y, start.x, start.y
            );
        }
        None => {
            let _ = write!(text, "M{:.1} {:.1}", start.x, start.y);
        }
    }
    let _ = write!(
        text,
        " C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
        leave.x, leave.y, arrive.x, arrive.y, end.x, end.y
    );
    for (control, point) in more {
        let _ = write!(
            text,
            " S{:.1} {:.1} {:.1} {:.1}",
            control.x, control.y, point.x, point.y
        );
    }
    if let Some(tail) = tail.filter(|_| arrow.head_at_start) {
        let _ = write!(text, " L{:.1} {:.1}", tail.x, tail.y);
    }
    let marker = if arrow.head_at_start {
        "marker-start"
    } else {
        "marker-end"
    };
    let _ = writeln!(text, "\" {marker}=\"url(#head)\"/>");
}

/// The label of an edge, on a plate that hides the edge behind it.
fn push_label(text: &mut String, label: &PlacedLabel) {
    let (half, height) = (half_width(label), LABEL_LINE);
    #[expect(clippy::cast_precision_loss, reason = "a label has few lines")]
    let tall = label.lines.len() as f64 * height;
    let _ = writeln!(
        text,
        "<rect class=\"plate\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{tall:.1}\"/>",
        label.centre.x - half,
        label.centre.y - tall / 2.0,
        2.0 * half
    );
    push_lines(text, " class=\"label\"", &label.lines, label.centre, height);
}

/// Half of what the widest line of a label takes, in pixels.
fn half_width(label: &PlacedLabel) -> f64 {
    let columns = label
        .lines
        .iter()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "a label is short")]
    let columns = columns as f64;
    columns * LABEL_CHARACTER / 2.0 + 2.0
}

#[expect(clippy::cast_precision_loss, reason = "a label has few lines")]
fn push_lines(text: &mut String, class: &str, lines: &[String], centre: Point, height: f64) {
    let first = centre.y - (lines.len().saturating_sub(1) as f64) * height / 2.0;
    for (index, line) in lines.iter().enumerate() {
        let y = first + index as f64 * height + 5.0;
        let line = escape(line);
        let _ = writeln!(
            text,
            "<text{class} x=\"{:.1}\" y=\"{y:.1}\">{line}</text>",
            centre.x
        );
    }
}

/// The corners of everything drawn, with a margin.
fn extent(placement: &Placement) -> (Point, Point) {
    let mut from = Point { x: 0.0, y: 0.0 };
    let mut to = Point { x: 40.0, y: 40.0 };
    let mut include = |x: f64, y: f64| {
        from = Point {
            x: from.x.min(x),
            y: from.y.min(y),
        };
        to = Point {
            x: to.x.max(x),
            y: to.y.max(y),
        };
    };
    for node in &placement.nodes {
        include(
            node.centre.x - node.size.x / 2.0,
            node.centre.y - node.size.y / 2.0,
        );
        include(
            node.centre.x + node.size.x / 2.0,
            node.centre.y + node.size.y / 2.0,
        );
    }
    for (a, b) in placement.arrows.iter().flat_map(|arrow| &arrow.path) {
        include(a.x, a.y);
        include(b.x, b.y);
    }
    for label in &placement.labels {
        let half = half_width(label);
        include(label.centre.x - half, label.centre.y - 10.0);
        include(label.centre.x + half, label.centre.y + 10.0);
    }
    (
        Point {
            x: from.x - MARGIN,
            y: from.y - MARGIN,
        },
        Point {
            x: to.x + MARGIN,
            y: to.y + MARGIN,
        },
    )
}

/// Text as XML character data or an attribute value; what XML can't hold is left out.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(' '),
            control if control.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn text_is_escaped_and_control_characters_are_left_out() {
        assert_eq!(
            escape("a<b> & \"c\" 'd'\u{7}"),
            "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;"
        );
    }
}
