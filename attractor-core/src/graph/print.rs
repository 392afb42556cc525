//! Graph to canonical DOT text, as any Graphviz tool reads it.

use super::Graph;
use super::value::AttrValue;
use crate::dot::{
    Ast, Attr, AttrBlock, EdgeStatement, Name, NodeStatement, Span, Statement, Value,
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
        let attrs = attrs.map(Statement::GraphAttrs);
        let nodes = self.nodes.iter().map(|node| {
            let block = block(node.attr_names(), |name| node.value(name));
            Statement::Node(NodeStatement {
                id: name(node.id()),
                block,
            })
        });
        let edges = self.edges.iter().map(|edge| {
            let ids = vec![name(edge.from()), name(edge.to())];
            let block = block(edge.attr_names(), |name| edge.value(name));
            Statement::Edge(EdgeStatement { ids, block })
        });
        let statements = attrs.into_iter().chain(nodes).chain(edges).collect();
        Ast {
            name: name(&self.name),
            span: Span::default(),
            statements,
        }
    }
}

fn block<'a>(
    names: impl Iterator<Item = &'a str>,
    value: impl Fn(&str) -> Option<AttrValue>,
) -> Option<AttrBlock<'a>> {
    let attr = |key: &'a str| {
        let value = Value {
            text: value(key)?.to_string().into(),
            quoted: true,
            span: Span::default(),
        };
        Some(Attr {
            name: name(key),
            value,
        })
    };
    let attrs: Vec<Attr<'a>> = names.filter_map(attr).collect();
    (!attrs.is_empty()).then(|| AttrBlock {
        attrs,
        ..AttrBlock::default()
    })
}

fn name(text: &str) -> Name<'_> {
    Name {
        text: text.into(),
        span: Span::default(),
    }
}
