//! The parser's tree to ours.

use std::collections::{HashMap, HashSet};

use attractor_core::Diagnostic;
use attractor_core::dot::{
    self, Ast, Attr, AttrBlock, Body, EdgeStatement, Name, NodeStatement, StatementKind,
};
use dot_parser::ast::{
    AttrList, AttrStmt, EdgeStmt, Graph, Graphs, ID, NodeID, Stmt, StmtList, Subgraph,
};
use either::Either;

use super::prepare::NOTHING;
use super::{Imported, identifier, is_identifier, note, value};

type Pair<'a> = (ID<'a>, ID<'a>);

/// Edges that groups may expand to: the product of their sizes.
const MAX_EDGES: usize = 100_000;

pub(super) fn convert(graphs: &Graphs<Pair<'_>>) -> Result<Imported, Vec<Diagnostic>> {
    let refused = |message: &str| Err(vec![Diagnostic::error("graphviz", message)]);
    let [graph] = graphs.graphs.as_slice() else {
        return refused("the file has several graphs; import one at a time");
    };
    if !graph.is_digraph {
        return refused("an undirected graph doesn't say what comes after what");
    }
    let mut conversion = Conversion::default();
    // An id that can stay does so, whichever comes first.
    for node in graph.clone().get_node_ids() {
        let id = unquoted(&node.id);
        if is_identifier(id) {
            conversion.taken.insert(id.to_owned());
            conversion.ids.insert(id.to_owned(), id.to_owned());
        }
    }
    let body = conversion.body(&graph.stmts);
    if conversion.edges > MAX_EDGES {
        return refused("its groups expand to too many edges");
    }
    let name = unquoted(graph.name.as_deref().unwrap_or_default());
    let ast = Ast {
        name: Name::new(if name.is_empty() || is_identifier(name) {
            name.to_owned()
        } else {
            identifier(name)
        }),
        body,
        ..Ast::default()
    };
    Ok(Imported {
        text: dot::format(&ast),
        notes: conversion.notes(graph),
    })
}

#[derive(Default)]
struct Conversion {
    /// The identifier of each id as written.
    ids: HashMap<String, String>,
    taken: HashSet<String>,
    declared: HashSet<String>,
    edges: usize,
    keys: Vec<String>,
}

impl Conversion {
    fn notes(&self, graph: &Graph<Pair<'_>>) -> Vec<Diagnostic> {
        let mut notes = Vec::new();
        if graph.strict {
            let message = "`strict` is gone: edges with the same ends are two edges";
            notes.push(note(message));
        }
        let mut renamed: Vec<_> = self.ids.iter().filter(|(id, name)| id != name).collect();
        renamed.sort();
        notes.extend(
            renamed
                .into_iter()
                .map(|(id, name)| note(format!("node \"{id}\" is now `{name}`"))),
        );
        notes.extend(
            self.keys
                .iter()
                .map(|key| note(format!("attribute \"{key}\" is now `{}`", attribute(key)))),
        );
        notes
    }

    fn body(&mut self, statements: &StmtList<Pair<'_>>) -> Body<'static> {
        let mut kinds = Vec::new();
        for statement in statements {
            self.statement(statement, &mut kinds);
        }
        Body {
            statements: kinds.into_iter().map(Into::into).collect(),
            ..Body::default()
        }
    }

    fn statement(&mut self, statement: &Stmt<Pair<'_>>, kinds: &mut Vec<StatementKind<'static>>) {
        match statement {
            Stmt::NodeStmt(node) => {
                let kind = self.node(&node.node, node.attr.as_ref());
                kinds.push(kind);
            }
            Stmt::EdgeStmt(edge) => self.edge(edge, kinds),
            Stmt::AttrStmt(AttrStmt::Graph(list)) => {
                kinds.push(StatementKind::GraphAttrs(self.block(list)));
            }
            Stmt::AttrStmt(AttrStmt::Node(list)) => {
                kinds.push(StatementKind::NodeDefaults(self.block(list)));
            }
            Stmt::AttrStmt(AttrStmt::Edge(list)) => {
                kinds.push(StatementKind::EdgeDefaults(self.block(list)));
            }
            Stmt::IDEq(key, text) => kinds.push(StatementKind::Attr(
                self.attr(unquoted(key), unquoted(text)),
            )),
            Stmt::Subgraph(subgraph) => kinds.push(self.subgraph(subgraph)),
        }
    }

    fn subgraph(&mut self, subgraph: &Subgraph<Pair<'_>>) -> StatementKind<'static> {
        let name = subgraph.id.as_deref().map(unquoted).map(|id| {
            if is_identifier(id) {
                id.to_owned()
            } else {
                identifier(id)
            }
        });
        StatementKind::Subgraph(dot::Subgraph {
            name: name.map(Name::new),
            body: self.body(&subgraph.stmts),
            ..dot::Subgraph::default()
        })
    }

    fn node(&mut self, node: &NodeID, list: Option<&AttrList<Pair<'_>>>) -> StatementKind<'static> {
        let id = self.id(node);
        let mut block = list.map(|list| self.block(list)).unwrap_or_default();
        let first = self.declared.insert(id.clone());
        let labelled = block.attrs.iter().any(|attr| attr.name.text == "label");
        let written = unquoted(&node.id);
        if first && id != written && !labelled {
            block.attrs.push(self.attr("label", written));
        }
        StatementKind::Node(NodeStatement {
            id: Name::new(id),
            block: (!block.attrs.is_empty()).then_some(block),
        })
    }

    fn edge(&mut self, edge: &EdgeStmt<Pair<'_>>, kinds: &mut Vec<StatementKind<'static>>) {
        let mut groups = vec![self.end(&edge.from, kinds)];
        let mut next = Some(&edge.next);
        while let Some(right) = next {
            groups.push(self.end(&right.to, kinds));
            next = right.next.as_deref();
        }
        let block = edge.attr.as_ref().map(|list| self.block(list));
        let kind = |ids: Vec<&String>| {
            StatementKind::Edge(EdgeStatement {
                ids: ids.into_iter().cloned().map(Name::new).collect(),
                block: block.clone(),
            })
        };
        if groups.iter().all(|group| group.len() == 1) {
            kinds.push(kind(groups.iter().flatten().collect()));
            return;
        }
        for pair in groups.windows(2) {
            for from in &pair[0] {
                for to in &pair[1] {
                    self.edges += 1;
                    if self.edges <= MAX_EDGES {
                        kinds.push(kind(vec![from, to]));
                    }
                }
            }
        }
    }

    /// The nodes at one end of an edge, declared if they aren't yet.
    fn end(
        &mut self,
        end: &Either<NodeID, Subgraph<Pair<'_>>>,
        kinds: &mut Vec<StatementKind<'static>>,
    ) -> Vec<String> {
        match end {
            Either::Left(node) => {
                let id = self.id(node);
                if !self.declared.contains(&id) {
                    let kind = self.node(node, None);
                    kinds.push(kind);
                }
                vec![id]
            }
            Either::Right(subgraph) => {
                let kind = self.subgraph(subgraph);
                let mut ids = Vec::new();
                if let StatementKind::Subgraph(subgraph) = &kind {
                    members(&subgraph.body, &mut ids);
                }
                kinds.push(kind);
                ids
            }
        }
    }

    fn id(&mut self, node: &NodeID) -> String {
        let written = unquoted(&node.id);
        if let Some(id) = self.ids.get(written) {
            return id.clone();
        }
        let base = identifier(written);
        let mut id = base.clone();
        let mut number = 2;
        while !self.taken.insert(id.clone()) {
            id = format!("{base}_{number}");
            number += 1;
        }
        self.ids.insert(written.to_owned(), id.clone());
        id
    }

    fn block(&mut self, list: &AttrList<Pair<'_>>) -> AttrBlock<'static> {
        let pairs = list.into_iter().flat_map(|list| &list.elems);
        let pairs = pairs
            .map(|(key, text)| -> (String, String) { (key.clone().into(), text.clone().into()) });
        let pairs = pairs.filter(|(key, _)| key != NOTHING);
        let attrs = pairs.map(|(key, text)| self.attr(&key, &text));
        AttrBlock {
            attrs: attrs.collect(),
            ..AttrBlock::default()
        }
    }

    fn attr(&mut self, key: &str, text: &str) -> Attr<'static> {
        let name = attribute(key);
        if name != key && !self.keys.iter().any(|known| known == key) {
            self.keys.push(key.to_owned());
        }
        Attr {
            name: Name::new(name),
            value: value(text),
            comments: Vec::new(),
        }
    }
}

/// An id without its quotes, which the parser keeps everywhere but in lists of attributes.
fn unquoted(id: &str) -> &str {
    let inside = id.strip_prefix('"').and_then(|id| id.strip_suffix('"'));
    inside.unwrap_or(id)
}

/// The name of an attribute as the graph language has it.
fn attribute(key: &str) -> String {
    if key.split('.').all(is_identifier) {
        key.to_owned()
    } else {
        format!("x_{}", identifier(key))
    }
}

/// The nodes that a group names, each once.
fn members(body: &Body<'_>, ids: &mut Vec<String>) {
    let mut seen: HashSet<String> = ids.iter().cloned().collect();
    let mut add = |id: &str, ids: &mut Vec<String>| {
        if seen.insert(id.to_owned()) {
            ids.push(id.to_owned());
        }
    };
    for statement in &body.statements {
        match &statement.kind {
            StatementKind::Node(node) => add(&node.id.text, ids),
            StatementKind::Edge(edge) => edge.ids.iter().for_each(|id| add(&id.text, ids)),
            StatementKind::Subgraph(inner) => {
                let mut below = Vec::new();
                members(&inner.body, &mut below);
                below.iter().for_each(|id| add(id, ids));
            }
            _ => {}
        }
    }
}
