//! The canonical text of a syntax tree.

use super::ast::{
    Ast, Attr, AttrBlock, Body, Comment, CommentPlace, Name, Statement, StatementKind, Subgraph,
};
use super::value::{escape, is_bare_value, is_identifier, is_keyword};

/// Characters of a line beyond which attributes are put on lines of their own.
const WIDTH: usize = 100;

/// Writes a syntax tree: a statement a line, four blanks for each level, commas between
/// attributes, quotes where they were or where they are needed. Attributes that don't fit on the
/// line, or have comments, have a line each. One empty line stays where there were some.
///
/// What is printed parses to the same tree, comments included.
///
/// ```
/// use attractor_core::dot;
///
/// let ast = dot::parse("digraph g{a[x_a=1;x_b=\"2\"]a->b// c\n}")?;
/// assert_eq!(dot::format(&ast), "digraph g {\n    a [x_a=1, x_b=\"2\"]\n    a -> b // c\n}\n");
/// # Ok::<(), dot::ParseErrors>(())
/// ```
#[must_use]
pub fn format(ast: &Ast<'_>) -> String {
    let mut printer = Printer::default();
    printer.comments_before(&ast.comments);
    if ast.blank_line {
        printer.text.push('\n');
    }
    printer.text.push_str("digraph ");
    if !ast.name.text.is_empty() {
        printer.name(&ast.name);
        printer.text.push(' ');
    }
    printer.body(&ast.body);
    printer.text.push('\n');
    let after = ast.comments.iter();
    for comment in after.filter(|comment| comment.place == CommentPlace::After) {
        printer.comment_line(comment);
    }
    printer.text
}

#[derive(Default)]
struct Printer {
    text: String,
    level: usize,
}

impl Printer {
    fn body(&mut self, body: &Body<'_>) {
        self.text.push_str("{\n");
        self.level += 1;
        for statement in &body.statements {
            self.statement(statement);
        }
        for comment in &body.comments {
            self.comment_line(comment);
        }
        self.level -= 1;
        self.indent();
        self.text.push('}');
    }

    fn statement(&mut self, statement: &Statement<'_>) {
        self.comments_before(&statement.comments);
        if statement.blank_line {
            self.text.push('\n');
        }
        self.indent();
        match &statement.kind {
            StatementKind::GraphAttrs(block) => self.defaults("graph", block),
            StatementKind::NodeDefaults(block) => self.defaults("node", block),
            StatementKind::EdgeDefaults(block) => self.defaults("edge", block),
            StatementKind::Attr(attr) => self.attr(attr),
            StatementKind::Subgraph(subgraph) => self.subgraph(subgraph),
            StatementKind::Node(node) => {
                self.name(&node.id);
                self.block(node.block.as_ref());
            }
            StatementKind::Edge(edge) => {
                for (number, id) in edge.ids.iter().enumerate() {
                    self.text.push_str(if number == 0 { "" } else { " -> " });
                    self.name(id);
                }
                self.block(edge.block.as_ref());
            }
        }
        self.comments_after(&statement.comments);
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
        self.body(&subgraph.body);
    }

    fn block(&mut self, block: Option<&AttrBlock<'_>>) {
        let Some(block) = block else { return };
        self.text.push_str(" [");
        let commented = block.attrs.iter().any(|attr| !attr.comments.is_empty());
        if commented || !block.comments.is_empty() {
            return self.tall_block(block);
        }
        let start = self.text.len();
        for (number, attr) in block.attrs.iter().enumerate() {
            self.text.push_str(if number == 0 { "" } else { ", " });
            self.attr(attr);
        }
        self.text.push(']');
        if block.attrs.len() > 1 && !self.fits(start) {
            self.text.truncate(start);
            self.tall_block(block);
        }
    }

    /// Whether what is written from `start` on fits on the line that it began on.
    fn fits(&self, start: usize) -> bool {
        let line = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        !self.text[start..].contains('\n') && self.text[line..].chars().nth(WIDTH).is_none()
    }

    fn tall_block(&mut self, block: &AttrBlock<'_>) {
        self.text.push('\n');
        self.level += 1;
        for (number, attr) in block.attrs.iter().enumerate() {
            self.comments_before(&attr.comments);
            self.indent();
            self.attr(attr);
            if number + 1 < block.attrs.len() {
                self.text.push(',');
            }
            self.comments_after(&attr.comments);
            self.text.push('\n');
        }
        for comment in &block.comments {
            self.comment_line(comment);
        }
        self.level -= 1;
        self.indent();
        self.text.push(']');
    }

    fn attr(&mut self, attr: &Attr<'_>) {
        self.name(&attr.name);
        self.text.push('=');
        if attr.value.quoted {
            self.quoted(&attr.value.raw);
        } else if is_bare_value(&attr.value.raw) {
            self.text.push_str(&attr.value.raw);
        } else {
            self.quoted(&escape(&attr.value.raw));
        }
    }

    /// A name, in quotes where Graphviz or we need them: keywords, and names with dots.
    fn name(&mut self, name: &Name<'_>) {
        if is_identifier(&name.text) && !is_keyword(&name.text) {
            self.text.push_str(&name.text);
        } else {
            self.quoted(&escape(&name.text));
        }
    }

    fn quoted(&mut self, escaped: &str) {
        self.text.push('"');
        self.text.push_str(escaped);
        self.text.push('"');
    }

    fn comments_before(&mut self, comments: &[Comment<'_>]) {
        let before = comments.iter();
        for comment in before.filter(|comment| comment.place == CommentPlace::Before) {
            self.comment_line(comment);
        }
    }

    fn comments_after(&mut self, comments: &[Comment<'_>]) {
        let after = comments.iter();
        for comment in after.filter(|comment| comment.place == CommentPlace::After) {
            self.text.push(' ');
            self.text.push_str(&comment.text);
        }
    }

    fn comment_line(&mut self, comment: &Comment<'_>) {
        if comment.blank_line {
            self.text.push('\n');
        }
        // Graphviz takes `#` for a comment only where nothing is before it on the line.
        if !comment.text.starts_with('#') {
            self.indent();
        }
        self.text.push_str(&comment.text);
        self.text.push('\n');
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("    ", self.level));
    }
}
