//! Syntax tree to graph: defaults, subgraphs, chains, classes, types.
//!
//! Recursion goes by nesting of subgraphs, which the parser bounds.

mod resolve;

use std::borrow::Cow;
use std::collections::HashMap;

use super::Graph;
use super::attrs::Element;
use super::edge::{Edge, EdgeCondition};
use super::id::NodeId;
use super::index::Known;
use super::node::Node;
use super::origin::{Origin, Origins};
use super::value::AttrValue;
use crate::dot::{
    Ast, AttrBlock, EdgeStatement, Name, NodeStatement, Span, Statement, StatementKind, Subgraph,
};
use crate::limits::{MAX_ATTRIBUTES, MAX_EXPANDED_BYTES};
use crate::lint::{Diagnostic, sort_diagnostics};
use resolve::{Resolved, repeated};

/// Nodes and edges at most for which room is made before they are read.
const RESERVED: usize = 50_000;

/// Conditions that are kept for the next edge that has them, and their longest.
const REMEMBERED: usize = 1_000;
const REMEMBERED_BYTES: usize = 256;

/// Bytes that an attribute or an element costs besides its text.
const OVERHEAD: usize = 64;

impl Graph {
    /// Reads a source text: [`dot::parse`](crate::dot::parse), then [`Graph::lower`].
    ///
    /// The diagnostics are about attributes: of the wrong type, unknown, without a comma between
    /// them. Rules that look at the graph are run by [`validate`](crate::validate).
    ///
    /// ```
    /// use attractor_core::Graph;
    ///
    /// let (graph, diagnostics) = Graph::parse("digraph g { a [max_retries=\"2\", pormpt=hi] }")?;
    /// assert_eq!(graph.node("a").and_then(|node| node.max_retries), Some(2));
    /// assert_eq!(diagnostics[0].fix.as_deref(), Some("did you mean `prompt`?"));
    /// # Ok::<(), attractor_core::dot::ParseErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the text isn't in the graph language.
    pub fn parse(source: &str) -> Result<(Self, Vec<Diagnostic>), crate::dot::ParseErrors> {
        crate::dot::parse(source).map(|ast| Self::lower(&ast))
    }

    /// The graph that a syntax tree describes, and what is wrong with its attributes.
    ///
    /// Source: attractor-spec 2.9 to 2.12.
    #[must_use]
    pub fn lower(ast: &Ast<'_>) -> (Self, Vec<Diagnostic>) {
        let mut graph = Self::new(&*ast.name.text);
        graph.span = Some(ast.span);
        graph.body_span = (!ast.body.span.is_empty()).then_some(ast.body.span);
        let mut lowering = Lowering {
            graph,
            diagnostics: Vec::new(),
            layers: vec![Layer::default()],
            budget: MAX_EXPANDED_BYTES,
            conditions: Conditions::new(),
        };
        lowering.reserve(&ast.body.statements);
        lowering.statements(&ast.body.statements);
        let Lowering {
            graph,
            mut diagnostics,
            ..
        } = lowering;
        sort_diagnostics(&mut diagnostics);
        (graph, diagnostics)
    }
}

/// What a scope adds to the scopes around it. The first layer is the graph itself.
#[derive(Debug, Default)]
struct Layer {
    node_defaults: Vec<Resolved>,
    edge_defaults: Vec<Resolved>,
    class: Option<String>,
}

#[derive(Debug)]
struct Lowering {
    graph: Graph,
    diagnostics: Vec<Diagnostic>,
    layers: Vec<Layer>,
    /// Bytes that may still be written into the graph.
    budget: usize,
    conditions: Conditions,
}

impl Lowering {
    /// Makes room for what the outermost statements declare.
    fn reserve(&mut self, statements: &[Statement<'_>]) {
        let count = |kind: fn(&StatementKind<'_>) -> bool| {
            let statements = statements.iter();
            statements.filter(|it| kind(&it.kind)).count()
        };
        let nodes = count(|kind| matches!(kind, StatementKind::Node(_)));
        let edges = count(|kind| matches!(kind, StatementKind::Edge(_)));
        self.graph.reserve(nodes.min(RESERVED), edges.min(RESERVED));
    }

    fn statements(&mut self, statements: &[Statement<'_>]) {
        let outermost = self.layers.len() == 1;
        for statement in statements {
            if self.budget == 0 {
                return;
            }
            match &statement.kind {
                StatementKind::GraphAttrs(block) if outermost => self.graph_attrs(block),
                StatementKind::GraphAttrs(block) => {
                    self.report_comma(block);
                    block
                        .attrs
                        .iter()
                        .for_each(|attr| self.report_in_subgraph(attr));
                }
                StatementKind::Attr(attr) if outermost => {
                    let resolved = self.resolve(Element::Graph, attr);
                    self.set_graph(resolved);
                }
                StatementKind::Attr(attr) => self.report_in_subgraph(attr),
                StatementKind::NodeDefaults(block) => {
                    let defaults = self.resolve_block(Element::Node, block);
                    self.top().node_defaults.extend(defaults);
                }
                StatementKind::EdgeDefaults(block) => {
                    let defaults = self.resolve_block(Element::Edge, block);
                    self.top().edge_defaults.extend(defaults);
                }
                StatementKind::Subgraph(subgraph) => self.subgraph(subgraph),
                StatementKind::Node(node) => self.node(node),
                StatementKind::Edge(edge) => self.edge(edge),
            }
        }
    }

    /// The innermost layer; there always is the graph's.
    fn top(&mut self) -> &mut Layer {
        let last = self.layers.len() - 1;
        &mut self.layers[last]
    }

    fn graph_attrs(&mut self, block: &AttrBlock<'_>) {
        for resolved in self.resolve_block(Element::Graph, block) {
            self.set_graph(Some(resolved));
        }
    }

    fn set_graph(&mut self, resolved: Option<Resolved>) {
        let Some(Resolved {
            name,
            value,
            size,
            span,
        }) = resolved
        else {
            return;
        };
        let mut writer = Writer {
            budget: &mut self.budget,
            diagnostics: &mut self.diagnostics,
            at: span,
        };
        if writer.take(self.graph.attrs.origins.len(), size) {
            self.graph.attrs.assign(name, value, Some(span));
        }
    }

    fn subgraph(&mut self, subgraph: &Subgraph<'_>) {
        let class =
            subgraph_label(&subgraph.body.statements).and_then(|label| derive_class(&label));
        self.layers.push(Layer {
            class,
            ..Layer::default()
        });
        self.statements(&subgraph.body.statements);
        self.layers.pop();
    }

    fn node(&mut self, statement: &NodeStatement<'_>) {
        let reported = self.diagnostics.len();
        let own = self.resolve_optional(Element::Node, statement.block.as_ref());
        let Some(known) = self.id(&statement.id) else {
            return;
        };
        for found in &mut self.diagnostics[reported..] {
            found.node = Some(known.id.clone());
        }
        let place = self.graph.index.known_place(&known).unwrap_or_else(|| {
            let mut node = Node::new(known.id);
            node.span = Some(statement.id.span);
            // The id is new, so this can't fail.
            let _ = self.graph.add_node(node);
            self.graph.nodes.len() - 1
        });
        let node = &mut self.graph.nodes[place];
        let mut writer = Writer {
            budget: &mut self.budget,
            diagnostics: &mut self.diagnostics,
            at: statement.id.span,
        };
        for attr in own {
            if writer.allow(&node.origins, &attr) {
                writer.report_repetition(node, &attr);
                node.assign(attr.name, attr.value, Origin::Explicit, Some(attr.span));
            }
        }
        // The innermost and latest default comes first; what is set stays.
        for attr in self
            .layers
            .iter()
            .rev()
            .flat_map(|layer| layer.node_defaults.iter().rev())
        {
            if node.origins.origin(&attr.name).is_none() && writer.allow(&node.origins, attr) {
                node.assign(
                    attr.name.clone(),
                    attr.value.clone(),
                    Origin::Inherited,
                    Some(attr.span),
                );
            }
        }
        for class in self
            .layers
            .iter()
            .filter_map(|layer| layer.class.as_deref())
        {
            if writer.allow_class(node, class) {
                node.derive_class(class);
            }
        }
    }

    fn edge(&mut self, statement: &EdgeStatement<'_>) {
        let reported = self.diagnostics.len();
        let mut own = self.resolve_optional(Element::Edge, statement.block.as_ref());
        let ids: Option<Vec<Known>> = statement.ids.iter().map(|name| self.id(name)).collect();
        let Some(ids) = ids else { return };
        if let [from, to] = ids.as_slice() {
            for found in &mut self.diagnostics[reported..] {
                found.edge = Some((from.id.clone(), to.id.clone()));
            }
        }
        let count = ids.len() - 1;
        for (number, (pair, names)) in ids.windows(2).zip(statement.ids.windows(2)).enumerate() {
            let ([from, to], [first, second]) = (pair, names) else {
                continue;
            };
            let mut edge = Edge::new(from.id.clone(), to.id.clone());
            edge.span = Some(first.span.to(second.span));
            edge.end_spans = Some([first.span, second.span]);
            // The last edge of a chain gets the attributes, those before it copies.
            let attrs = if number + 1 == count {
                std::mem::take(&mut own)
            } else {
                own.clone()
            };
            self.edge_attrs(&mut edge, attrs);
            self.graph.add_known_edge(edge, from, to);
        }
    }

    fn edge_attrs(&mut self, edge: &mut Edge, own: Vec<Resolved>) {
        let mut writer = Writer {
            budget: &mut self.budget,
            diagnostics: &mut self.diagnostics,
            at: edge.span.unwrap_or_default(),
        };
        for attr in own {
            if writer.allow(&edge.origins, &attr) {
                assign(edge, &mut self.conditions, attr, Origin::Explicit);
            }
        }
        for attr in self
            .layers
            .iter()
            .rev()
            .flat_map(|layer| layer.edge_defaults.iter().rev())
        {
            if edge.origins.origin(&attr.name).is_none() && writer.allow(&edge.origins, attr) {
                assign(edge, &mut self.conditions, attr.clone(), Origin::Inherited);
            }
        }
    }

    /// The id of a node. The parser lets identifiers pass only; a tree made by a program may
    /// hold anything.
    fn id(&mut self, name: &Name<'_>) -> Option<Known> {
        if let Some(known) = self.graph.index.known_id(&name.text) {
            return Some(known);
        }
        match NodeId::new(&name.text) {
            Ok(id) => Some(self.graph.index.know(id)),
            Err(error) => {
                let diagnostic = Diagnostic::error("node_id", error.to_string());
                self.diagnostics.push(diagnostic.at(Some(name.span)));
                None
            }
        }
    }
}

/// Conditions that have been read; most pipelines have few, on many edges.
type Conditions = HashMap<String, Option<EdgeCondition>>;

fn assign(edge: &mut Edge, conditions: &mut Conditions, attr: Resolved, origin: Origin) {
    match (&*attr.name, attr.value) {
        ("condition", AttrValue::String(text)) => {
            let known = conditions.get(text.as_str()).cloned();
            let condition = known.unwrap_or_else(|| {
                let condition = EdgeCondition::new(&text);
                if conditions.len() < REMEMBERED && text.len() < REMEMBERED_BYTES {
                    conditions.insert(text, condition.clone());
                }
                condition
            });
            edge.assign_condition(condition, origin, Some(attr.span));
        }
        (_, value) => edge.assign(attr.name, value, origin, Some(attr.span)),
    }
}

/// Keeps what is written into the graph within the limits.
#[derive(Debug)]
struct Writer<'a> {
    budget: &'a mut usize,
    diagnostics: &'a mut Vec<Diagnostic>,
    at: Span,
}

impl Writer<'_> {
    /// Whether one more attribute may be written.
    fn allow(&mut self, origins: &Origins, attr: &Resolved) -> bool {
        self.take(origins.len(), attr.size)
    }

    /// Whether one more class may be written.
    fn allow_class(&mut self, node: &Node, class: &str) -> bool {
        self.take(node.classes.len(), class.len())
    }

    /// Takes `size` out of the budget; reports the first time that it or a list overflows, and
    /// lowering stops there.
    fn take(&mut self, listed: usize, size: usize) -> bool {
        if *self.budget == 0 {
            return false;
        }
        let message = if listed >= MAX_ATTRIBUTES {
            format!("an element has more than {MAX_ATTRIBUTES} attributes or classes")
        } else if *self.budget <= size + OVERHEAD {
            format!("defaults and chains expand the graph beyond {MAX_EXPANDED_BYTES} bytes")
        } else {
            *self.budget -= size + OVERHEAD;
            return true;
        };
        self.diagnostics
            .push(Diagnostic::error("size_limit", message).at(Some(self.at)));
        *self.budget = 0;
        false
    }

    /// Warns when two declarations of a node give different values to one attribute.
    fn report_repetition(&mut self, node: &Node, attr: &Resolved) {
        let explicit = node.origin(&attr.name) == Some(Origin::Explicit);
        if explicit && node.value(&attr.name).as_ref() != Some(&attr.value) {
            let place = format!("for node `{}`", node.id());
            self.diagnostics.push(repeated(attr, &place).at_node(node));
        }
    }
}

/// The label of a subgraph, wherever among its statements it is; the last counts.
fn subgraph_label<'a>(statements: &'a [Statement<'_>]) -> Option<Cow<'a, str>> {
    let label = |attr: &crate::dot::Attr<'_>| attr.name.text == "label";
    statements
        .iter()
        .rev()
        .find_map(|statement| match &statement.kind {
            StatementKind::Attr(attr) if label(attr) => Some(attr.value.text()),
            StatementKind::GraphAttrs(block) => block
                .attrs
                .iter()
                .rev()
                .find(|attr| label(attr))
                .map(|attr| attr.value.text()),
            _ => None,
        })
}

/// The class that a label of a subgraph stands for: lower case, hyphens for blanks, nothing else
/// but letters and digits.
fn derive_class(label: &str) -> Option<String> {
    let class: String = label
        .to_lowercase()
        .chars()
        .map(|c| if c.is_whitespace() { '-' } else { c })
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    (!class.is_empty()).then_some(class)
}
