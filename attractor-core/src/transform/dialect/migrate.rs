//! Other spellings to the specification's, in the text: everything else stays as it is.

use super::super::Transform;
use super::DialectTransform;
use super::table::{attributes, outcome};
use crate::condition::Condition;
use crate::dot::{self, Ast, Attr, AttrBlock, Body, StatementKind, Value, escape};
use crate::graph::{AttrValue, Element, Graph};
use crate::lint::{Diagnostic, Edit, apply_edits};

/// A source in the specification's spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Migration {
    /// The text.
    pub text: String,
    /// What was changed, and what couldn't be: places are those of the source before.
    pub notes: Vec<Diagnostic>,
}

/// Writes a source in the specification's spelling. Comments, layout and order stay.
///
/// ```
/// let source = "digraph g { a [model=large] /* b */ a -> c [condition=\"outcome=succeeded\"] }";
/// let migration = attractor_core::transform::migrate(source).map_err(|found| found[0].to_string())?;
/// assert_eq!(
///     migration.text,
///     "digraph g { a [llm_model=large] /* b */ a -> c [condition=\"outcome=success\"] }"
/// );
/// assert_eq!(migration.notes.len(), 2);
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
///
/// When the text isn't in the graph language, and when two spellings of one attribute are set so
/// that the new text would mean something else.
pub fn migrate(source: &str) -> Result<Migration, Vec<Diagnostic>> {
    let ast = dot::parse(source).map_err(|errors| errors.diagnostics())?;
    let mut search = Search::new(&ast);
    search.body(&ast.body, true);
    let notes = search.notes;
    let text = apply_edits(source, notes.iter().flat_map(|note| &note.edits));
    let after = dot::parse(&text).map_err(|errors| errors.diagnostics())?;
    match difference(&read(&ast), &read(&after)) {
        None => Ok(Migration { text, notes }),
        Some(found) => Err(vec![found]),
    }
}

/// The graph as the engine reads it.
fn read(ast: &Ast<'_>) -> Graph {
    let (graph, mut diagnostics) = Graph::lower(ast);
    DialectTransform.apply(graph, &mut diagnostics)
}

struct Search {
    notes: Vec<Diagnostic>,
    /// The attributes of the graph, wherever they are set.
    graph: Vec<String>,
}

impl Search {
    fn new(ast: &Ast<'_>) -> Self {
        let mut graph = Vec::new();
        for statement in &ast.body.statements {
            match &statement.kind {
                StatementKind::Attr(attr) => graph.push(attr.name.text.to_string()),
                StatementKind::GraphAttrs(block) => {
                    graph.extend(block.attrs.iter().map(|attr| attr.name.text.to_string()));
                }
                _ => {}
            }
        }
        Self {
            notes: Vec::new(),
            graph,
        }
    }

    /// Recursion goes by nesting of subgraphs, which the parser bounds.
    fn body(&mut self, body: &Body<'_>, outermost: bool) {
        for statement in &body.statements {
            match &statement.kind {
                // In a subgraph they mean nothing, which is reported elsewhere.
                StatementKind::GraphAttrs(_) | StatementKind::Attr(_) if !outermost => {}
                StatementKind::GraphAttrs(block) => {
                    block.attrs.iter().for_each(|attr| self.graph_attr(attr));
                }
                StatementKind::Attr(attr) => self.graph_attr(attr),
                StatementKind::NodeDefaults(block) => self.node(block),
                StatementKind::Node(node) => node.block.iter().for_each(|block| self.node(block)),
                StatementKind::EdgeDefaults(block) => self.edge(block),
                StatementKind::Edge(edge) => edge.block.iter().for_each(|block| self.edge(block)),
                StatementKind::Subgraph(subgraph) => self.body(&subgraph.body, false),
            }
        }
    }

    fn graph_attr(&mut self, attr: &Attr<'_>) {
        let set = std::mem::take(&mut self.graph);
        self.rename(Element::Graph, attr, |name| {
            set.iter().any(|other| other == name)
        });
        self.graph = set;
    }

    fn node(&mut self, block: &AttrBlock<'_>) {
        for attr in &block.attrs {
            self.rename(Element::Node, attr, |name| {
                block.attrs.iter().any(|other| other.name.text == name)
            });
        }
    }

    fn rename(&mut self, element: Element, attr: &Attr<'_>, is_set: impl Fn(&str) -> bool) {
        let spelling = &*attr.name.text;
        let mut spellings = attributes(element);
        let Some((_, name)) = spellings.find(|row| row.0 == spelling) else {
            return;
        };
        // Of several spellings the first of the table counts.
        let mut others = attributes(element).take_while(|row| row.0 != spelling);
        let other = others.find(|row| row.1 == name && is_set(row.0));
        let counts = if is_set(name) {
            Some(name)
        } else {
            other.map(|row| row.0)
        };
        let note = match counts {
            Some(counts) => {
                let message = format!("`{spelling}` is ignored, since `{counts}` is set");
                Diagnostic::info("dialect", message).fix("remove it")
            }
            None => Diagnostic::info("dialect", format!("`{spelling}` becomes `{name}`"))
                .edit(Edit::new(attr.name.span, name)),
        };
        self.notes.push(note.at(Some(attr.name.span)));
    }

    fn edge(&mut self, block: &AttrBlock<'_>) {
        let conditions = block
            .attrs
            .iter()
            .filter(|attr| attr.name.text == "condition");
        for Attr { value, .. } in conditions {
            let condition = Condition::parse(&value.text());
            let Some(text) = condition.ok().and_then(|it| it.with_outcome_words(outcome)) else {
                continue;
            };
            let message = format!("condition `{}` becomes `{text}`", value.text());
            let note = Diagnostic::info("dialect", message).at(Some(value.span));
            self.notes.push(note.edit(instead(value, &text)));
        }
    }
}

fn instead(value: &Value<'_>, text: &str) -> Edit {
    Edit::new(value.span, format!("\"{}\"", escape(text)))
}

/// Where two graphs differ, if they do.
fn difference(before: &Graph, after: &Graph) -> Option<Diagnostic> {
    let found = |what: &str| {
        let message = format!("{what} has an attribute in two spellings, which aren't equal");
        Diagnostic::error("dialect", message).fix("remove the one that isn't meant")
    };
    if graph_attrs(before) != graph_attrs(after) {
        return Some(found("the graph").at(before.span()));
    }
    let nodes = before.nodes().iter().zip(after.nodes());
    let mut nodes = nodes.filter(|(a, b)| {
        sorted(a.attr_names(), |name| a.value(name)) != sorted(b.attr_names(), |name| b.value(name))
    });
    if let Some((node, _)) = nodes.next() {
        return Some(found(&format!("node `{}`", node.id())).at_node(node));
    }
    let edges = before.edges().iter().zip(after.edges());
    let mut edges = edges.filter(|(a, b)| {
        sorted(a.attr_names(), |name| a.value(name)) != sorted(b.attr_names(), |name| b.value(name))
    });
    edges.next().map(|(edge, _)| found("an edge").at_edge(edge))
}

fn graph_attrs(graph: &Graph) -> Vec<(&str, String)> {
    let attrs = graph.attrs();
    sorted(attrs.attr_names(), |name| attrs.value(name))
}

fn sorted<'a>(
    names: impl Iterator<Item = &'a str>,
    value: impl Fn(&str) -> Option<AttrValue>,
) -> Vec<(&'a str, String)> {
    let mut attrs: Vec<(&str, String)> = names
        .filter_map(|name| Some((name, value(name)?.to_string())))
        .collect();
    attrs.sort();
    attrs
}
