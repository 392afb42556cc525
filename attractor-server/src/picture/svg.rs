//! The placed graph as text.

use std::fmt::Write as _;

use attractor_core::Graph;

use super::layout::{FONT_SIZE, LINE_HEIGHT, PlacedArrow, PlacedLabel, Placement, Point};
use super::outline;
use super::overlay::{Overlay, State};
use super::style;

/// Free space around the drawing, in pixels.
const MARGIN: f64 = 16.0;

/// The width of an average character of an edge's label, in pixels.
const LABEL_CHARACTER: f64 = 6.2;

/// The distance from one line of an edge's label to the next, in pixels.
const LABEL_LINE: f64 = 14.0;

/// Writes the document.
pub(super) fn write(graph: &Graph, placement: &Placement, overlay: Option<&Overlay>) -> String {
    let (from, mut to) = extent(placement);
    let legend = overlay
        .map(|overlay| overlay.legend(graph))
        .unwrap_or_default();
    let key = Point {
        x: from.x + MARGIN,
        y: to.y,
    };
    to.y += legend_height(&legend);
    let (width, height) = (to.x - from.x, to.y - from.y);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"{:.1} {:.1} {width:.1} {height:.1}\" font-size=\"{FONT_SIZE}\" role=\"img\">\n",
        from.x, from.y
    );
    let _ = writeln!(text, "<title>{}</title>", escape(title(graph)));
    let run = overlay.map_or("", |_| style::RUN);
    let _ = writeln!(text, "<style>\n{}{run}</style>", style::PLAIN);
    text.push_str(
        "<defs><marker id=\"head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"11\" \
         markerHeight=\"11\" markerUnits=\"userSpaceOnUse\" orient=\"auto-start-reverse\"><path class=\"head\" \
         d=\"M0 0L10 5L0 10z\"/></marker></defs>\n",
    );
    for arrow in &placement.arrows {
        let tail = tail(graph, placement, arrow.edge);
        push_arrow(&mut text, arrow, tail, &about_edge(graph, arrow, overlay));
    }
    push_nodes(&mut text, graph, placement, overlay);
    for label in &placement.labels {
        push_label(&mut text, label);
    }
    push_legend(&mut text, &legend, key);
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

fn push_nodes(text: &mut String, graph: &Graph, placement: &Placement, overlay: Option<&Overlay>) {
    for placed in &placement.nodes {
        let Some(node) = graph.nodes().get(placed.index) else {
            continue;
        };
        let state = overlay.map(|overlay| overlay.state(node.id()));
        let class = match state {
            Some(state) => state.name(),
            None => kind_class(graph.resolved_type(node)),
        };
        let about = overlay.map_or_else(String::new, |o| format!(": {}", o.about(node.id())));
        let id = escape(node.id());
        let _ = write!(text, "<g class=\"shape {class}\" id=\"node-{id}\">");
        let _ = write!(text, "<title>{id}{}</title>", escape(&about));
        text.push_str(&outline::elements(
            node.shape.as_str(),
            placed.centre,
            placed.size,
        ));
        text.push_str("</g>\n");
        let faint = if state == Some(State::NotReached) {
            " class=\"faint\""
        } else {
            ""
        };
        push_lines(text, faint, &placed.lines, placed.centre, LINE_HEIGHT);
    }
}

/// The class of a node's kind.
fn kind_class(kind: &str) -> &'static str {
    match kind {
        "start" => "start",
        "exit" => "exit",
        "codergen" => "codergen",
        "tool" => "tool",
        "conditional" | "wait.human" => "choice",
        _ => "other",
    }
}

/// The classes of an edge, and its tooltip.
fn about_edge(graph: &Graph, arrow: &PlacedArrow, overlay: Option<&Overlay>) -> (String, String) {
    let mut class = "edge".to_owned();
    if arrow.dashed {
        class += " conditional";
    }
    let mut about = graph
        .edges()
        .get(arrow.edge)
        .map_or_else(String::new, |edge| {
            let condition = edge.condition.as_ref();
            let when = condition.map(|condition| format!(" if {}", condition.source()));
            format!(
                "{} -> {}{}",
                edge.from(),
                edge.to(),
                when.unwrap_or_default()
            )
        });
    if let Some(overlay) = overlay {
        let taken = overlay.taken(arrow.edge) > 0;
        class += if taken { " taken" } else { " untaken" };
        about += &format!(": {}", overlay.about_edge(arrow.edge));
    }
    (class, about)
}

/// The space that the legend takes below the drawing, in pixels.
#[expect(clippy::cast_precision_loss, reason = "there are seven states")]
fn legend_height(legend: &[State]) -> f64 {
    match legend.len() {
        0 => 0.0,
        rows => rows as f64 * LINE_HEIGHT + MARGIN,
    }
}

fn push_legend(text: &mut String, legend: &[State], at: Point) {
    let mut y = at.y;
    for state in legend {
        let name = state.name();
        let _ = writeln!(
            text,
            "<rect class=\"shape {name}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"18\" height=\"12\"/>\
             <text class=\"key\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            at.x,
            at.x + 26.0,
            y + 10.0,
            name.replace('-', " ")
        );
        y += LINE_HEIGHT;
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
fn push_arrow(
    text: &mut String,
    arrow: &PlacedArrow,
    tail: Option<Point>,
    (class, about): &(String, String),
) {
    let [(start, leave), rest @ ..] = arrow.path.as_slice() else {
        return;
    };
    let [(arrive, end), more @ ..] = rest else {
        return;
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
    let about = escape(about);
    let _ = writeln!(
        text,
        "\" {marker}=\"url(#head)\"><title>{about}</title></path>"
    );
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
