//! The pipeline as a typed graph. petgraph indexes it and stays private.

mod attrs;
mod drawing;
mod edge;
mod error;
mod graph_attrs;
mod id;
mod index;
mod lower;
mod meant;
mod merge;
mod node;
mod origin;
mod print;
mod shape;
mod value;

use std::borrow::Cow;
use std::sync::OnceLock;

pub use attrs::{Element, attribute_names, attribute_type};
pub use edge::{Edge, EdgeCondition};
pub use error::{AttrError, DuplicateNode};
pub use graph_attrs::GraphAttrs;
pub use id::{InvalidNodeId, NodeId};
use index::{Index, Known};
pub(crate) use merge::MERGE_DOTFILE;
pub use node::Node;
pub use origin::Origin;
pub use shape::Shape;
pub use value::{AttrType, AttrValue};

use crate::dot::Span;
use crate::lint::Edit;

/// A pipeline: nodes and edges in source order, with an index over them.
///
/// ```
/// use attractor_core::{Edge, Graph, Node};
///
/// let mut graph = Graph::new("hello");
/// graph.add_node(Node::new("start".parse()?).with("shape", "Mdiamond")?)?;
/// graph.add_node(Node::new("exit".parse()?).with("shape", "Msquare")?)?;
/// graph.add_edge(Edge::new("start".parse()?, "exit".parse()?));
/// assert_eq!(graph.start().map(|node| node.id().as_str()), Some("start"));
/// assert_eq!(graph.outgoing("start").count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Graph {
    name: String,
    span: Option<Span>,
    /// From the opening brace up to the closing one.
    body_span: Option<Span>,
    attrs: GraphAttrs,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    index: Index,
    ends: OnceLock<Ends>,
}

/// Places of the nodes that are start and exit; more than one of each is a mistake.
#[derive(Clone, Debug)]
struct Ends {
    start: Vec<usize>,
    exit: Vec<usize>,
    start_by_id: bool,
    exit_by_id: bool,
}

/// Ids that make a node the start or the exit where no shape or type does.
const START_IDS: &[&str] = &["start", "Start"];
const EXIT_IDS: &[&str] = &["exit", "end", "Exit", "End"];

impl Graph {
    /// An empty graph.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            span: None,
            body_span: None,
            attrs: GraphAttrs::default(),
            nodes: Vec::new(),
            edges: Vec::new(),
            index: Index::default(),
            ends: OnceLock::new(),
        }
    }

    /// Adds a node after the others.
    ///
    /// # Errors
    ///
    /// When the graph has a node with this id.
    pub fn add_node(&mut self, node: Node) -> Result<(), DuplicateNode> {
        if !self.index.add_node(node.id(), self.nodes.len()) {
            return Err(DuplicateNode(node.id().clone()));
        }
        self.nodes.push(node);
        self.ends.take();
        Ok(())
    }

    /// Adds an edge after the others. Its nodes may be declared later, or never: lint rule
    /// `edge_target_exists` looks.
    pub fn add_edge(&mut self, mut edge: Edge) {
        edge.index = self.edges.len();
        self.index.add_edge(edge.from(), edge.to());
        self.edges.push(edge);
    }

    /// Adds an edge whose ends have been looked up.
    fn add_known_edge(&mut self, mut edge: Edge, from: &Known, to: &Known) {
        edge.index = self.edges.len();
        self.index.add_known_edge(from, to);
        self.edges.push(edge);
    }

    /// Makes room for so many more nodes and edges.
    fn reserve(&mut self, nodes: usize, edges: usize) {
        self.nodes.reserve(nodes);
        self.edges.reserve(edges);
        self.index.reserve(nodes, edges);
    }

    /// Name of the graph; empty for an anonymous one.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the graph is opened: `digraph` and the name.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.span
    }

    /// An edit that adds statements right after the opening brace, or right before the closing one.
    pub(crate) fn insertion(&self, statements: &str, last: bool) -> Option<Edit> {
        let body = self.body_span?;
        let at = if last { body.end } else { body.start + 1 };
        let statements = if last {
            format!("    {statements}\n")
        } else {
            format!("\n    {statements}")
        };
        Some(Edit::new(Span::new(at, at), statements))
    }

    /// Attributes of the whole graph.
    #[must_use]
    pub fn attrs(&self) -> &GraphAttrs {
        &self.attrs
    }

    /// Attributes of the whole graph, to change.
    pub fn attrs_mut(&mut self) -> &mut GraphAttrs {
        &mut self.attrs
    }

    /// The nodes in source order.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The edges in source order.
    #[must_use]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The node with this id.
    #[must_use]
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.index.place(id).map(|place| &self.nodes[place])
    }

    /// The node with this id, to change.
    pub fn node_mut(&mut self, id: &str) -> Option<&mut Node> {
        self.ends.take();
        self.index.place(id).map(|place| &mut self.nodes[place])
    }

    /// The nodes in source order, to change.
    pub fn nodes_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        self.ends.take();
        self.nodes.iter_mut()
    }

    /// The edges in source order, to change.
    pub fn edges_mut(&mut self) -> impl Iterator<Item = &mut Edge> {
        self.edges.iter_mut()
    }

    /// Whether both ends of an edge of this graph are declared.
    pub(crate) fn connects(&self, edge: &Edge) -> bool {
        self.index.connects(edge.index)
    }

    /// The edges that leave a node, in source order.
    pub fn outgoing(&self, id: &str) -> impl Iterator<Item = &Edge> {
        self.index
            .outgoing(id)
            .into_iter()
            .map(|place| &self.edges[place])
    }

    /// The edges that lead to a node, in source order.
    pub fn incoming(&self, id: &str) -> impl Iterator<Item = &Edge> {
        self.index
            .incoming(id)
            .into_iter()
            .map(|place| &self.edges[place])
    }

    /// Where the pipeline begins: the node with the shape `Mdiamond`, else of type `start`, else
    /// with the id `start` or `Start`. The first of several; lint rule `start_node` reports them.
    #[must_use]
    pub fn start(&self) -> Option<&Node> {
        self.starts().next()
    }

    /// Where the pipeline ends: the node with the shape `Msquare`, else of type `exit`, else with
    /// the id `exit`, `end`, `Exit` or `End`. The first of several; lint rule `terminal_node`
    /// reports them.
    #[must_use]
    pub fn exit(&self) -> Option<&Node> {
        self.exits().next()
    }

    /// The handler type of a node, for start and exit even where only the id makes them so.
    #[must_use]
    pub fn resolved_type<'a>(&self, node: &'a Node) -> &'a str {
        let id = node.id().as_str();
        match &node.handler_type {
            Some(name) => name,
            // Ends that are some by their shape have the type of that shape.
            None if START_IDS.contains(&id) && self.ends().start_by_id => "start",
            None if EXIT_IDS.contains(&id) && self.ends().exit_by_id => "exit",
            None => node.shape.handler_type(),
        }
    }

    pub(crate) fn starts(&self) -> impl Iterator<Item = &Node> {
        self.ends().start.iter().map(|&place| &self.nodes[place])
    }

    pub(crate) fn exits(&self) -> impl Iterator<Item = &Node> {
        self.ends().exit.iter().map(|&place| &self.nodes[place])
    }

    /// For each node whether a run can come by it.
    pub(crate) fn reachable_from_start(&self) -> Vec<bool> {
        let starts: Vec<&str> = self.starts().map(|node| node.id().as_str()).collect();
        self.index_with_jumps()
            .reachable_from(&starts, self.nodes.len())
    }

    /// For each node whether a run that is there can come to the exit.
    pub(crate) fn reaching_exit(&self) -> Vec<bool> {
        let exits: Vec<&str> = self.exits().map(|node| node.id().as_str()).collect();
        self.index_with_jumps().reaching(&exits, self.nodes.len())
    }

    /// The index with an edge for each jump to a retry target: from the node that names it, and
    /// from the exit for those of the graph.
    fn index_with_jumps(&self) -> Cow<'_, Index> {
        let of_nodes = self.nodes.iter().flat_map(|node| {
            let targets = [&node.retry_target, &node.fallback_retry_target];
            targets
                .into_iter()
                .flatten()
                .map(move |target| (node.id(), target))
        });
        let of_graph = self.exits().flat_map(|exit| {
            let targets = [&self.attrs.retry_target, &self.attrs.fallback_retry_target];
            targets
                .into_iter()
                .flatten()
                .map(move |target| (exit.id(), target))
        });
        let mut index = Cow::Borrowed(&self.index);
        for (from, target) in of_nodes.chain(of_graph) {
            if let Some(to) = self.node(target) {
                index.to_mut().add_edge(from, to.id());
            }
        }
        index
    }

    /// The loops that avoid every node for which `skip` holds.
    pub(crate) fn loops(&self, skip: impl Fn(&Node) -> bool) -> Vec<Vec<&Node>> {
        let loops = self.index.loops(|place| skip(&self.nodes[place]));
        loops
            .into_iter()
            .map(|places| places.into_iter().map(|place| &self.nodes[place]).collect())
            .collect()
    }

    fn ends(&self) -> &Ends {
        self.ends.get_or_init(|| {
            let (start, start_by_id) = self.find_ends(&Shape::Mdiamond, START_IDS);
            let (exit, exit_by_id) = self.find_ends(&Shape::Msquare, EXIT_IDS);
            Ends {
                start,
                exit,
                start_by_id,
                exit_by_id,
            }
        })
    }

    /// The places of the ends, and whether only their ids make them so.
    fn find_ends(&self, shape: &Shape, ids: &[&str]) -> (Vec<usize>, bool) {
        let places = |wanted: &dyn Fn(&Node) -> bool| -> Vec<usize> {
            let nodes = self.nodes.iter().enumerate();
            nodes
                .filter(|(_, node)| wanted(node))
                .map(|(place, _)| place)
                .collect()
        };
        let by_shape = places(&|node| node.shape == *shape);
        if !by_shape.is_empty() {
            return (by_shape, false);
        }
        let kind = shape.handler_type();
        let by_type = places(&|node| node.handler_type.as_deref() == Some(kind));
        if !by_type.is_empty() {
            return (by_type, false);
        }
        (places(&|node| ids.contains(&node.id().as_str())), true)
    }
}
