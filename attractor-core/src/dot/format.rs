//! The canonical text of a syntax tree.

use super::ast::{Ast, Attr, AttrBlock, Name, Statement, Subgraph};
use super::value::{is_bare_value, is_identifier, is_keyword, quote};

/// Writes a syntax tree: a statement a line, four blanks for each level, commas between
/// attributes, quotes where they were or where they are needed.
///
/// What is printed parses to the same tree. Comments aren't part of the tree, so they are gone.
///
/// ```
/// use attractor_core::dot;
///
/// let ast = dot::parse("digraph g{a[x_a=1;x_b=\"2\"]a->b}")?;
/// assert_eq!(dot::format(&ast), "digraph g {\n    a [x_a=1, x_b=\"2\"]\n    a -> b\n}\n");
/// # Ok::<(), dot::ParseErrors>(())
/// ```
#[must_use]
pub fn format(ast: &Ast<'_>) -> String {
    let mut printer = Printer {
        text: String::from("digraph "),
        level: 0,
    };
    if !ast.name.text.is_empty() {
        printer.name(&ast.name);
        printer.text.push(' ');
    }
    printer.group(&ast.statements);
    printer.text
}

struct Printer {
    text: String,
    level: usize,
}

impl Printer {
    fn group(&mut self, statements: &[Statement<'_>]) {
        self.text.push_str("{\n");
        self.level += 1;
        for statement in statements {
            self.indent();
            self.statement(statement);
        }
        self.level -= 1;
        self.indent();
        self.text.push_str("}\n");
    }

    fn statement(&mut self, statement: &Statement<'_>) {
        match statement {
            Statement::GraphAttrs(block) => self.defaults("graph", block),
            Statement::NodeDefaults(block) => self.defaults("node", block),
            Statement::EdgeDefaults(block) => self.defaults("edge", block),
            Statement::Attr(attr) => self.attr(attr),
            Statement::Subgraph(subgraph) => return self.subgraph(subgraph),
            Statement::Node(node) => {
                self.name(&node.id);
                self.block(node.block.as_ref());
            }
            Statement::Edge(edge) => {
                for (number, id) in edge.ids.iter().enumerate() {
                    self.text.push_str(if number == 0 { "" } else { " -> " });
                    self.name(id);
                }
                self.block(edge.block.as_ref());
            }
        }
        self.text.push('\n');
    }

    fn defaults(&mut self, keyword: &str, block: &AttrBlock<'_>) {
        self.text.push_str(keyword);
        self.block(Some(block));
    }

    fn subgraph(&mut self, subgraph: &Subgraph<'_>) {
        self.text.push_str("subgraph ");
        if let Some(name) = &subgraph.name {
            self.name(name);
            self.text.push(' ');
        }
        self.group(&subgraph.statements);
    }

    fn block(&mut self, block: Option<&AttrBlock<'_>>) {
        let Some(block) = block else { return };
        self.text.push_str(" [");
        for (number, attr) in block.attrs.iter().enumerate() {
            self.text.push_str(if number == 0 { "" } else { ", " });
            self.attr(attr);
        }
        self.text.push(']');
    }

    fn attr(&mut self, attr: &Attr<'_>) {
        self.name(&attr.name);
        self.text.push('=');
        if attr.value.quoted || !is_bare_value(&attr.value.text) {
            self.text.push_str(&quote(&attr.value.text));
        } else {
            self.text.push_str(&attr.value.text);
        }
    }

    /// A name, in quotes where Graphviz or we need them: keywords, and names with dots.
    fn name(&mut self, name: &Name<'_>) {
        if is_identifier(&name.text) && !is_keyword(&name.text) {
            self.text.push_str(&name.text);
        } else {
            self.text.push_str(&quote(&name.text));
        }
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("    ", self.level));
    }
}
