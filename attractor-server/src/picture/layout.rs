//! Where nodes, edges and labels go. Only this file knows the layout library.

use std::collections::HashMap;

use attractor_core::{AttrValue, Edge, Graph, Node};
use layout::core::base::Orientation;
use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry;
use layout::core::style::{LineStyleKind, StyleAttr};
use layout::std_shapes::shapes::{Arrow, Element, LineEndKind, ShapeKind};
use layout::topo::layout::VisualGraph;

use super::outline;
use super::overlay::Overlay;

/// With more edges than this, the library's optimizer takes seconds and more.
const OPTIMIZED_EDGES: usize = 150;

/// Characters of a line of a label before it is wrapped.
const LABEL_COLUMNS: usize = 26;

/// The font size, in pixels, that all sizes follow from.
pub(super) const FONT_SIZE: f64 = 14.0;

/// The width of an average character of the font, in pixels.
const CHARACTER_WIDTH: f64 = 7.8;

/// The distance from one line of text to the next, in pixels.
pub(super) const LINE_HEIGHT: f64 = 18.0;

/// A point or an extent, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// Everything that has a place.
#[derive(Debug, Default)]
pub(super) struct Placement {
    pub(super) nodes: Vec<PlacedNode>,
    pub(super) arrows: Vec<PlacedArrow>,
    pub(super) labels: Vec<PlacedLabel>,
}

/// A node: its index in the graph, its centre and its extent.
#[derive(Debug)]
pub(super) struct PlacedNode {
    pub(super) index: usize,
    pub(super) lines: Vec<String>,
    pub(super) centre: Point,
    pub(super) size: Point,
}

/// An edge: a chain of Bézier segments, from tail to head.
#[derive(Debug)]
pub(super) struct PlacedArrow {
    /// Its index in the graph.
    pub(super) edge: usize,
    pub(super) path: Vec<(Point, Point)>,
    pub(super) head_at_start: bool,
    pub(super) dashed: bool,
}

/// The label of an edge.
#[derive(Debug)]
pub(super) struct PlacedLabel {
    pub(super) centre: Point,
    pub(super) lines: Vec<String>,
}

/// Lays the graph out, top to bottom unless it asks for `rankdir=LR`.
pub(super) fn place(graph: &Graph, overlay: Option<&Overlay>) -> Placement {
    let orientation = orientation(graph);
    let mut visual = VisualGraph::new(orientation);
    let mut handles = HashMap::new();
    let mut placed = Vec::new();
    for (index, node) in graph.nodes().iter().enumerate() {
        let lines = node_lines(node, overlay);
        let size = outline::size_for(node.shape.as_str(), text_size(&lines));
        let element = Element::create(
            border(node.shape.as_str()),
            StyleAttr::simple(),
            orientation,
            geometry::Point::new(size.x, size.y),
        );
        let handle = visual.add_node(element);
        handles.insert(node.id().clone(), handle);
        placed.push((index, lines, handle));
    }
    for (index, edge) in graph.edges().iter().enumerate() {
        if let (Some(&from), Some(&to)) = (handles.get(edge.from()), handles.get(edge.to())) {
            let mut arrow = arrow(edge, &edge_lines(edge, index, overlay));
            arrow.properties = Some(index.to_string());
            visual.add_edge(arrow, from, to);
        }
    }
    let mut recorder = Recorder::default();
    let plain = graph.edges().len() > OPTIMIZED_EDGES;
    visual.do_it(false, plain, plain, &mut recorder);
    let mut placement = recorder.placement;
    for (index, lines, handle) in placed {
        let position = visual.pos(handle);
        let (centre, size) = (point(position.center()), point(position.size(false)));
        placement.nodes.push(PlacedNode {
            index,
            lines,
            centre,
            size,
        });
    }
    placement
}

/// What edges end at: the rectangle around a node, or for slanting shapes the ellipse in it.
fn border(shape: &str) -> ShapeKind {
    match shape {
        "box" | "Msquare" | "component" | "tripleoctagon" | "parallelogram" | "hexagon" => {
            ShapeKind::new_box("")
        }
        _ => ShapeKind::new_circle(""),
    }
}

fn orientation(graph: &Graph) -> Orientation {
    match graph.attrs().attr("rankdir").and_then(AttrValue::as_str) {
        Some("LR" | "RL") => Orientation::LeftToRight,
        _ => Orientation::TopToBottom,
    }
}

fn label(node: &Node) -> &str {
    if node.label.is_empty() {
        node.id()
    } else {
        &node.label
    }
}

/// What is written into a node: its label, and how it stands in a run.
pub(super) fn node_lines(node: &Node, overlay: Option<&Overlay>) -> Vec<String> {
    let mut lines = wrap(label(node));
    lines.extend(overlay.and_then(|overlay| overlay.badge(node.id())));
    lines
}

/// What an edge says: its label, its condition, and how often it was taken if that was more than
/// once.
pub(super) fn edge_lines(edge: &Edge, index: usize, overlay: Option<&Overlay>) -> Vec<String> {
    let mut lines = wrap(&edge.label);
    if let Some(condition) = &edge.condition {
        lines.extend(wrap(condition.source()));
    }
    let taken = overlay.map_or(0, |overlay| overlay.taken(index));
    if taken > 1 {
        lines.push(format!("{taken}×"));
    }
    lines
}

fn arrow(edge: &Edge, lines: &[String]) -> Arrow {
    let style = if edge.condition.is_some() {
        LineStyleKind::Dashed
    } else {
        LineStyleKind::Normal
    };
    Arrow::new(
        LineEndKind::None,
        LineEndKind::Arrow,
        style,
        &lines.join("\n"),
        &StyleAttr::simple(),
        &None,
        &None,
    )
}

/// Breaks a label at its newlines and between words, never within one.
fn wrap(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > LABEL_COLUMNS {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

#[expect(
    clippy::cast_precision_loss,
    reason = "labels are far shorter than 2^52 characters"
)]
fn text_size(lines: &[String]) -> Point {
    let columns = lines
        .iter()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0);
    Point {
        x: columns as f64 * CHARACTER_WIDTH,
        y: lines.len().max(1) as f64 * LINE_HEIGHT,
    }
}

fn point(from: geometry::Point) -> Point {
    Point {
        x: from.x,
        y: from.y,
    }
}

/// Keeps what the library draws; nodes are taken from the graph itself afterwards.
#[derive(Default)]
struct Recorder {
    placement: Placement,
}

impl RenderBackend for Recorder {
    fn draw_rect(
        &mut self,
        _: geometry::Point,
        _: geometry::Point,
        _: &StyleAttr,
        _: Option<String>,
        _: Option<ClipHandle>,
    ) {
    }

    fn draw_line(
        &mut self,
        _: geometry::Point,
        _: geometry::Point,
        _: &StyleAttr,
        _: Option<String>,
    ) {
    }

    fn draw_circle(
        &mut self,
        _: geometry::Point,
        _: geometry::Point,
        _: &StyleAttr,
        _: Option<String>,
    ) {
    }

    fn draw_text(&mut self, at: geometry::Point, text: &str, _: &StyleAttr) {
        if !text.is_empty() {
            let lines = text.lines().map(str::to_owned).collect();
            self.placement.labels.push(PlacedLabel {
                centre: point(at),
                lines,
            });
        }
    }

    fn draw_arrow(
        &mut self,
        path: &[(geometry::Point, geometry::Point)],
        dashed: bool,
        head: (bool, bool),
        _: &StyleAttr,
        edge: Option<String>,
        _: &str,
    ) {
        let Some(edge) = edge.and_then(|index| index.parse().ok()) else {
            return;
        };
        let path = path.iter().map(|&(a, b)| (point(a), point(b))).collect();
        self.placement.arrows.push(PlacedArrow {
            edge,
            path,
            head_at_start: head.0,
            dashed,
        });
    }

    fn create_clip(&mut self, _: geometry::Point, _: geometry::Point, _: usize) -> ClipHandle {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_break_between_words() {
        let lines = wrap("Correct the code until all of its tests pass\nagain");
        assert_eq!(
            lines,
            ["Correct the code until all", "of its tests pass", "again"]
        );
    }
}
