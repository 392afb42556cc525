//! Graph to canonical DOT text, as any Graphviz tool reads it.

use std::borrow::Cow;

use super::Graph;
use super::value::AttrValue;
use crate::dot::{
    Ast, Attr, AttrBlock, Body, EdgeStatement, Name, NodeStatement, Span, Statement, StatementKind,
    Value, escape,
};

impl Graph {
    /// The graph as DOT: every node with all its attributes, then the edges, all values in
    /// quotes, so that Graphviz takes durations and dotted names, too.
    ///
    /// Defaults and subgraphs are resolved. Reading the text gives the same nodes, edges and
    /// attributes.
    ///
    /// ```
    /// use attractor_core::Graph;
    ///
    /// let (graph, _) = Graph::parse("digraph g { node [timeout=15m] a -> b; a }")?;
    /// assert_eq!(graph.to_dot(), "digraph g {\n    a [timeout=\"15m\"]\n    a -> b\n}\n");
    /// # Ok::<(), attractor_core::dot::ParseErrors>(())
    /// ```
    #[must_use]
    pub fn to_dot(&self) -> String {
        crate::dot::format(&self.to_ast())
    }

    fn to_ast(&self) -> Ast<'_> {
        let attrs = block(self.attrs.attr_names(), |name| self.attrs.value(name));
        let attrs = attrs.map(StatementKind::GraphAttrs);
        let nodes = self.nodes.iter().map(|node| {
            let block = block(node.attr_names(), |name| node.value(name));
            let id = Name::new(node.id().as_str());
            StatementKind::Node(NodeStatement { id, block })
        });
        let edges = self.edges.iter().map(|edge| {
            let ids = [edge.from(), edge.to()].map(|id| Name::new(id.as_str()));
            let block = block(edge.attr_names(), |name| edge.value(name));
            let ids = ids.into();
            StatementKind::Edge(EdgeStatement { ids, block })
        });
        let statements = attrs.into_iter().chain(nodes).chain(edges);
        let statements = statements.map(Statement::from).collect();
        Ast {
            name: Name::new(self.name.as_str()),
            body: Body {
                statements,
                ..Body::default()
            },
            ..Ast::default()
        }
    }
}

fn block<'a>(
    names: impl Iterator<Item = &'a str>,
    value: impl Fn(&str) -> Option<AttrValue>,
) -> Option<AttrBlock<'a>> {
    let attr = |key: &'a str| {
        let text = value(key)?.to_string();
        let value = Value {
            raw: Cow::Owned(escape(&text).into_owned()),
            quoted: true,
            span: Span::default(),
        };
        Some(Attr {
            name: Name::new(key),
            value,
            comments: Vec::new(),
        })
    };
    let attrs: Vec<Attr<'a>> = names.filter_map(attr).collect();
    (!attrs.is_empty()).then(|| AttrBlock {
        attrs,
        ..AttrBlock::default()
    })
}
