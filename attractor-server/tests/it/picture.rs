//! `attractor graph`: what the picture shows.

use attractor_core::{Edge, Graph, Node, NodeId};
use attractor_server::picture;

const SHAPES: [&str; 9] = [
    "Mdiamond",
    "box",
    "hexagon",
    "diamond",
    "component",
    "tripleoctagon",
    "parallelogram",
    "house",
    "Msquare",
];

fn id(text: &str) -> NodeId {
    NodeId::new(text).expect("an identifier")
}

fn node(name: &str, shape: &str, label: &str) -> Node {
    let node = Node::new(id(name)).with("shape", shape).expect("a shape");
    node.with("label", label).expect("a label")
}

/// A chain of nodes, one of each shape.
fn every_shape() -> Graph {
    let mut graph = Graph::new("shapes");
    for shape in SHAPES {
        graph
            .add_node(node(&format!("a_{shape}"), shape, shape))
            .expect("a new node");
    }
    for pair in SHAPES.windows(2) {
        graph.add_edge(Edge::new(
            id(&format!("a_{}", pair[0])),
            id(&format!("a_{}", pair[1])),
        ));
    }
    graph
}

/// The markup of a node's outline.
fn outline<'a>(svg: &'a str, name: &str) -> &'a str {
    let start = svg
        .find(&format!("id=\"node-{name}\""))
        .expect("the node is drawn");
    let end = svg[start..].find("</g>").expect("its group ends");
    &svg[start..start + end]
}

#[test]
fn each_of_the_nine_shapes_has_its_own_outline() {
    let svg = picture::svg(&every_shape()).unwrap();

    let shape = |name: &str| {
        let text = outline(&svg, name);
        let count = |tag| text.matches(tag).count();
        let corners = text
            .split("points=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let corners = corners.map_or(0, |points| points.split(' ').count());
        (count("<rect"), count("<polygon"), count("<line"), corners)
    };
    assert_eq!(shape("a_Mdiamond"), (0, 1, 4, 4));
    assert_eq!(shape("a_box"), (1, 0, 0, 0));
    assert_eq!(shape("a_hexagon"), (0, 1, 0, 6));
    assert_eq!(shape("a_diamond"), (0, 1, 0, 4));
    assert_eq!(shape("a_component"), (3, 0, 0, 0));
    assert_eq!(shape("a_tripleoctagon"), (0, 3, 0, 8));
    assert_eq!(shape("a_parallelogram"), (0, 1, 0, 4));
    assert_eq!(shape("a_house"), (0, 1, 0, 5));
    assert_eq!(shape("a_Msquare"), (1, 0, 4, 0));
    assert_eq!(svg.matches("<path class=\"edge").count(), 8);
}

#[test]
fn an_edge_shows_its_label_and_its_condition() {
    let mut graph = every_shape();
    let back = Edge::new(id("a_diamond"), id("a_box"))
        .with("label", "Again & again")
        .unwrap();
    graph.add_edge(back.with("condition", "outcome=fail").unwrap());
    let on = Edge::new(id("a_diamond"), id("a_house"));
    graph.add_edge(on.with("condition", "outcome=success").unwrap());

    let svg = picture::svg(&graph).unwrap();

    assert!(svg.contains(">Again &amp; again</text>"), "{svg}");
    assert!(svg.contains(">outcome=success</text>"), "{svg}");
    assert!(svg.contains(">outcome=fail</text>"), "{svg}");
    assert_eq!(svg.matches("conditional\"").count(), 2);
}

#[test]
fn a_node_may_have_an_edge_to_itself_and_two_edges_to_another() {
    let mut graph = every_shape();
    graph.add_edge(Edge::new(id("a_box"), id("a_box")));
    graph.add_edge(
        Edge::new(id("a_box"), id("a_hexagon"))
            .with("label", "b")
            .unwrap(),
    );

    let svg = picture::svg(&graph).unwrap();

    assert_eq!(svg.matches("<path class=\"edge").count(), 10);
}

#[test]
fn markup_in_a_label_stays_text() {
    let mut graph = Graph::new("quotes");
    graph
        .add_node(node("a", "box", "</text><script>alert('x')</script>"))
        .unwrap();

    let svg = picture::svg(&graph).unwrap();

    assert!(!svg.contains("<script>"), "{svg}");
    assert!(svg.contains("&lt;script&gt;"), "{svg}");
}

#[test]
fn a_graph_nobody_could_read_is_refused() {
    let mut graph = Graph::new("large");
    for number in 0..1_001 {
        graph
            .add_node(Node::new(id(&format!("n{number}"))))
            .unwrap();
    }

    let error = picture::svg(&graph).unwrap_err();

    assert!(error.to_string().contains("1001 nodes"), "{error}");
    assert!(
        error
            .advice()
            .is_some_and(|hint| hint.contains("--format dot"))
    );
}
