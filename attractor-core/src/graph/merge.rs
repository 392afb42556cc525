//! Putting one graph into another in the place of a node.

use super::attrs::Element;
use super::edge::Edge;
use super::id::NodeId;
use super::node::Node;
use super::origin::Origin;
use super::shape::Shape;
use super::{AttrValue, Graph};

/// Attributes of a graph that its nodes can have too: they go with the nodes.
const INHERITED: [(&str, &str); 6] = [
    ("default_fidelity", "fidelity"),
    ("default_max_retries", "max_retries"),
    ("retry_policy", "retry_policy"),
    ("tool_env", "tool_env"),
    ("tool_hooks.post", "tool_hooks.post"),
    ("tool_hooks.pre", "tool_hooks.pre"),
];

impl Graph {
    /// Puts the nodes and edges of another graph in the place of a node. Their ids get the node's
    /// id in front: `lint` in the place of `checks` is `checks_lint`.
    ///
    /// Edges that led to the node lead to the other graph's start, and those that left it leave
    /// the other graph's exit; both become conditional nodes, which pass through. So an edge
    /// `checks -> fix [condition="outcome=fail"]` is followed when the last stage of the other
    /// graph has failed. What the other graph says for all of its nodes (retries, fidelity, retry
    /// targets of goal gates, tool hooks) is written on those that don't say otherwise; sessions
    /// that it names are its own.
    ///
    /// ```
    /// use attractor_core::Graph;
    ///
    /// let (mut graph, _) = Graph::parse(
    ///     "digraph g { start [shape=Mdiamond]; checks; exit [shape=Msquare]
    ///         start -> checks -> exit }",
    /// )?;
    /// let (part, _) = Graph::parse(
    ///     "digraph p { start [shape=Mdiamond]; lint [prompt=Lint]; exit [shape=Msquare]
    ///         start -> lint -> exit }",
    /// )?;
    /// graph.merge("checks", part)?;
    /// let edges = graph.edges().iter().map(|edge| format!("{}>{}", edge.from(), edge.to()));
    /// assert_eq!(
    ///     edges.collect::<Vec<_>>(),
    ///     ["start>checks_start", "checks_exit>exit", "checks_start>checks_lint",
    ///      "checks_lint>checks_exit"],
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidGraph`](crate::ErrorKind::InvalidGraph) if there is no such node, the
    /// other graph has no start or no exit, or an id would be taken; this graph is then unchanged.
    ///
    /// Source: attractor-spec 9.4.
    pub fn merge(&mut self, place: &str, other: Self) -> Result<(), crate::Error> {
        let refuse = |text: String| crate::Error::new(crate::ErrorKind::InvalidGraph, text);
        let missing = || refuse(format!("the graph has no node {place:?}"));
        let replaced = self.node(place).ok_or_else(missing)?.clone();
        let end = |node: Option<&Node>, what: &str| {
            let node = node.map(|node| renamed(&replaced, node.id()));
            node.ok_or_else(|| refuse(format!("the graph to merge has no {what}")))
        };
        let ends = [end(other.start(), "start")?, end(other.exit(), "exit")?];
        let taken = other.nodes.iter().map(|node| renamed(&replaced, node.id()));
        if let Some(id) = taken.into_iter().find(|id| self.node(id).is_some()) {
            return Err(refuse(format!("the graph has a node {id:?} already")));
        }
        let mut merged = Self::new(self.name.clone());
        merged.span = self.span;
        merged.attrs = self.attrs.clone();
        for node in &self.nodes {
            if node.id() == replaced.id() {
                merged.take_nodes(&replaced, &other, &ends);
            } else {
                // Ids were unique, and the new ones aren't among them.
                let _ = merged.add_node(node.clone());
            }
        }
        let [start, exit] = &ends;
        for edge in &self.edges {
            let from = if edge.from() == replaced.id() {
                exit
            } else {
                edge.from()
            };
            let to = if edge.to() == replaced.id() {
                start
            } else {
                edge.to()
            };
            merged.add_edge(edge.clone().between(from.clone(), to.clone()));
        }
        for edge in &other.edges {
            merged.add_edge(edge_within(&replaced, edge));
        }
        *self = merged;
        Ok(())
    }

    fn take_nodes(&mut self, place: &Node, other: &Self, ends: &[NodeId; 2]) {
        for node in &other.nodes {
            let mut node = node_within(place, node, other);
            if ends.contains(node.id()) {
                node.shape = Shape::Diamond;
                node.handler_type = None;
            }
            let _ = self.add_node(node);
        }
    }
}

/// The id that a node gets in the place of another one.
fn renamed(place: &Node, id: &NodeId) -> NodeId {
    let text = format!("{}_{id}", place.id());
    // Two identifiers with a line between them are one.
    NodeId::new(&text).unwrap_or_else(|_| id.clone())
}

fn node_within(place: &Node, node: &Node, other: &Graph) -> Node {
    let rename = |name: &mut Option<String>| {
        if let Some(known) = name.as_deref().and_then(|name| other.node(name)) {
            *name = Some(renamed(place, known.id()).to_string());
        }
    };
    let mut node = node.clone();
    for (of_graph, of_node) in INHERITED {
        if let Some(value) = other.attrs.value(of_graph)
            && node.value(of_node).is_none()
        {
            node.assign(of_node.into(), value, Origin::Inherited, None);
        }
    }
    if node.goal_gate && node.retry_target.is_none() && node.fallback_retry_target.is_none() {
        node.retry_target.clone_from(&other.attrs.retry_target);
        let fallback = &other.attrs.fallback_retry_target;
        node.fallback_retry_target.clone_from(fallback);
    }
    rename(&mut node.retry_target);
    rename(&mut node.fallback_retry_target);
    let choice = "human.default_choice";
    let mut default = node.attr(choice).map(ToString::to_string);
    rename(&mut default);
    if let Some(default) = default {
        node.extra
            .insert(choice.to_owned(), AttrValue::from(default));
    }
    let thread = node
        .thread_id
        .take()
        .or_else(|| other.attrs.thread_id.clone());
    node.thread_id = thread.map(|thread| format!("{}.{thread}", place.id()));
    let id = renamed(place, node.id());
    node.placed(id, place.span)
}

fn edge_within(place: &Node, edge: &Edge) -> Edge {
    let mut edge = edge.clone();
    let thread = edge.thread_id.take();
    edge.thread_id = thread.map(|thread| format!("{}.{thread}", place.id()));
    edge.span = place.span;
    edge.forget_places();
    let (from, to) = (renamed(place, edge.from()), renamed(place, edge.to()));
    edge.between(from, to)
}

/// The attribute of a node that names the graph to put in its place.
pub(crate) const MERGE_DOTFILE: &str = "stack.merge_dotfile";

impl Graph {
    /// The nodes that other graphs are to be put in the place of, with the names of these.
    pub(crate) fn merges(&self) -> Vec<(NodeId, String)> {
        let named = self.nodes.iter().filter_map(|node| {
            let name = node.attr(MERGE_DOTFILE)?.to_string();
            (!name.trim().is_empty()).then(|| (node.id().clone(), name))
        });
        named.collect()
    }

    /// Makes the names of files independent of the file they're written in.
    pub(crate) fn resolve_files(&mut self, attribute: &str, resolve: impl Fn(&str) -> String) {
        let of_graph = self.attrs.attr(attribute).map(ToString::to_string);
        for node in &mut self.nodes {
            let own = node.attr(attribute).map(ToString::to_string);
            let runs = node.resolved_type().starts_with("stack.");
            let Some(name) = own.or_else(|| of_graph.clone().filter(|_| runs)) else {
                continue;
            };
            let key = super::attrs::key(Element::Node, attribute);
            node.assign(key, resolve(&name).into(), Origin::Explicit, None);
        }
    }
}
