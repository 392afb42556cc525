//! The topology of a graph. The only file that names petgraph.

use std::collections::HashMap;

use petgraph::Direction;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;

use super::id::NodeId;

/// Which node is where, and what is connected.
///
/// A vertex exists for every id that was named, declared or not, so that edges to undeclared
/// nodes are found too; its weight is the place among the declared nodes. Edges are added in
/// source order, so the number of an edge is its place in the source.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    vertices: HashMap<NodeId, NodeIndex>,
    topology: DiGraph<Option<usize>, ()>,
}

/// An id whose vertex has been looked up.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) id: NodeId,
    vertex: NodeIndex,
}

impl Index {
    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.topology[*self.vertices.get(id)?]
    }

    /// The id with this text, if some node or edge has it: shared, not copied.
    pub(super) fn known_id(&self, text: &str) -> Option<Known> {
        let (id, &vertex) = self.vertices.get_key_value(text)?;
        let id = id.clone();
        Some(Known { id, vertex })
    }

    /// The vertex of an id, made if there is none yet.
    pub(super) fn know(&mut self, id: NodeId) -> Known {
        let vertex = self.vertex(&id);
        Known { id, vertex }
    }

    /// The place of a known id among the declared nodes.
    pub(super) fn known_place(&self, known: &Known) -> Option<usize> {
        self.topology[known.vertex]
    }

    /// Whether both ends of the edge at this place are declared.
    pub(super) fn connects(&self, place: usize) -> bool {
        let ends = self.topology.edge_endpoints(EdgeIndex::new(place));
        ends.is_some_and(|(from, to)| self.topology[from].is_some() && self.topology[to].is_some())
    }

    /// Makes room for so many more nodes and edges.
    pub(super) fn reserve(&mut self, nodes: usize, edges: usize) {
        self.vertices.reserve(nodes);
        self.topology.reserve_nodes(nodes);
        self.topology.reserve_edges(edges);
    }

    /// An edge between ids that are known.
    pub(super) fn add_known_edge(&mut self, from: &Known, to: &Known) {
        self.topology.add_edge(from.vertex, to.vertex, ());
    }

    /// Registers a declared node; `false` when there is one already.
    pub(super) fn add_node(&mut self, id: &NodeId, place: usize) -> bool {
        let vertex = self.vertex(id);
        let weight = &mut self.topology[vertex];
        if weight.is_some() {
            return false;
        }
        *weight = Some(place);
        true
    }

    pub(super) fn add_edge(&mut self, from: &NodeId, to: &NodeId) {
        let (from, to) = (self.vertex(from), self.vertex(to));
        self.topology.add_edge(from, to, ());
    }

    /// Places of the edges that leave the node, in source order.
    pub(super) fn outgoing(&self, id: &str) -> Vec<usize> {
        self.edges(id, Direction::Outgoing)
    }

    /// Places of the edges that lead to the node, in source order.
    pub(super) fn incoming(&self, id: &str) -> Vec<usize> {
        self.edges(id, Direction::Incoming)
    }

    /// For each of `count` nodes whether a walk along the edges from `ids` comes by.
    pub(super) fn reachable_from(&self, ids: &[&str], count: usize) -> Vec<bool> {
        self.walk(ids, count, Direction::Outgoing)
    }

    /// For each of `count` nodes whether a walk along the edges from it comes by one of `ids`.
    pub(super) fn reaching(&self, ids: &[&str], count: usize) -> Vec<bool> {
        self.walk(ids, count, Direction::Incoming)
    }

    /// The loops of the graph that is left when nodes for which `skip` holds are taken out:
    /// sets of nodes each of which can be left and reached again, by place.
    pub(super) fn loops(&self, skip: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
        let keep = |vertex: NodeIndex| self.topology[vertex].is_some_and(|place| !skip(place));
        let kept = self.topology.filter_map(
            |vertex, place| keep(vertex).then_some(*place),
            |_, ()| Some(()),
        );
        // petgraph's Tarjan recurses; Kosaraju's is a loop and stands long chains.
        let mut loops: Vec<Vec<usize>> = petgraph::algo::kosaraju_scc(&kept)
            .into_iter()
            .filter(|set| set.len() > 1 || kept.contains_edge(set[0], set[0]))
            .map(|set| {
                let mut places: Vec<usize> = set.iter().filter_map(|at| kept[*at]).collect();
                places.sort_unstable();
                places
            })
            .collect();
        loops.sort_unstable();
        loops
    }

    fn vertex(&mut self, id: &NodeId) -> NodeIndex {
        if let Some(&vertex) = self.vertices.get(id) {
            return vertex;
        }
        let vertex = self.topology.add_node(None);
        self.vertices.insert(id.clone(), vertex);
        vertex
    }

    fn edges(&self, id: &str, direction: Direction) -> Vec<usize> {
        let Some(&vertex) = self.vertices.get(id) else {
            return Vec::new();
        };
        let edges = self.topology.edges_directed(vertex, direction);
        let mut places: Vec<usize> = edges.map(|edge| edge.id().index()).collect();
        // petgraph yields the newest edge first.
        places.reverse();
        places
    }

    fn walk(&self, ids: &[&str], count: usize, direction: Direction) -> Vec<bool> {
        let mut visited = vec![false; self.topology.node_count()];
        let mut seen = vec![false; count];
        let mut stack: Vec<NodeIndex> = ids
            .iter()
            .filter_map(|id| self.vertices.get(*id).copied())
            .collect();
        while let Some(vertex) = stack.pop() {
            if std::mem::replace(&mut visited[vertex.index()], true) {
                continue;
            }
            if let Some(place) = self.topology[vertex] {
                seen[place] = true;
            }
            stack.extend(self.topology.neighbors_directed(vertex, direction));
        }
        seen
    }
}
