//! The canonical text: comments and order stay, the graph is the same, and it is its own canonical text.

use std::path::{Path, PathBuf};

use attractor_core::dot::{self, Ast, Attr, AttrBlock, Body, StatementKind, Value};
use attractor_core::{Diagnostic, Graph};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::dot_properties::ast;

/// What must hold of any source that parses; gives its canonical text.
fn check(source: &str) -> Result<String, TestCaseError> {
    let fail = |errors: dot::ParseErrors| TestCaseError::fail(errors.to_string());
    let ast = dot::parse(source).map_err(fail)?;
    let text = dot::format(&ast);
    let again = dot::parse(&text).map_err(fail)?;
    prop_assert_eq!(dot::format(&again), text.clone());
    let (graph, found) = Graph::lower(&ast);
    let (graph_again, found_again) = Graph::lower(&again);
    prop_assert_eq!(graph_again.to_dot(), graph.to_dot());
    prop_assert_eq!(messages(&found_again), messages(&found));
    prop_assert_eq!(again.without_spans(), ast.without_spans());
    Ok(text)
}

/// What is said about a graph, but for the commas that the canonical text has.
fn messages(found: &[Diagnostic]) -> Vec<&str> {
    let kept = found
        .iter()
        .filter(|found| found.rule != "attribute_separator");
    kept.map(|found| found.message.as_str()).collect()
}

/// The pieces of a source between which blanks and comments may be.
fn pieces(ast: &Ast<'_>) -> Vec<String> {
    let mut pieces = vec!["digraph".to_owned()];
    if !ast.name.text.is_empty() {
        pieces.push(format!("\"{}\"", ast.name.text));
    }
    body(&ast.body, &mut pieces);
    pieces
}

fn body(body_of: &Body<'_>, pieces: &mut Vec<String>) {
    let word = |name: &dot::Name<'_>| format!("\"{}\"", name.text);
    pieces.push("{".to_owned());
    for statement in &body_of.statements {
        match &statement.kind {
            StatementKind::GraphAttrs(attrs) => block("graph", attrs, pieces),
            StatementKind::NodeDefaults(attrs) => block("node", attrs, pieces),
            StatementKind::EdgeDefaults(attrs) => block("edge", attrs, pieces),
            StatementKind::Attr(it) => attr(it, pieces),
            StatementKind::Subgraph(subgraph) => {
                pieces.push("subgraph".to_owned());
                pieces.extend(subgraph.name.as_ref().map(word));
                body(&subgraph.body, pieces);
            }
            StatementKind::Node(node) => match &node.block {
                Some(attrs) => block(&word(&node.id), attrs, pieces),
                None => pieces.push(word(&node.id)),
            },
            StatementKind::Edge(edge) => {
                for (number, id) in edge.ids.iter().enumerate() {
                    pieces.extend((number > 0).then(|| "->".to_owned()));
                    pieces.push(word(id));
                }
                if let Some(attrs) = &edge.block {
                    block("", attrs, pieces);
                }
            }
        }
        pieces.push(";".to_owned());
    }
    pieces.push("}".to_owned());
}

fn block(head: &str, block: &AttrBlock<'_>, pieces: &mut Vec<String>) {
    pieces.extend((!head.is_empty()).then(|| head.to_owned()));
    pieces.push("[".to_owned());
    for (number, it) in block.attrs.iter().enumerate() {
        attr(it, pieces);
        let separator = [",", ";", ""][number % 3];
        pieces.extend((!separator.is_empty()).then(|| separator.to_owned()));
    }
    pieces.push("]".to_owned());
}

fn attr(attr: &Attr<'_>, pieces: &mut Vec<String>) {
    let Value { raw, quoted, .. } = &attr.value;
    pieces.push(format!("\"{}\"", attr.name.text));
    pieces.push("=".to_owned());
    pieces.push(if *quoted {
        format!("\"{raw}\"")
    } else {
        raw.to_string()
    });
}

/// Blanks and comments; `%` becomes the comment's number.
const BETWEEN: &[&str] = &[
    " ",
    " ",
    "\n",
    "\r\n\r\n\n",
    " /* % */ ",
    "/* % */\n",
    "\n/*\n * %\n */ ",
    "// %\n",
    "\n\n// %\n\n",
    "\n# %\n",
    " /* % */ // %\n// % \n",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn comments_in_odd_places_stay_in_their_order(
        ast in ast(),
        between in vec(select(BETWEEN), 1..40),
    ) {
        let mut source = String::new();
        let mut comments = 0;
        for (piece, between) in pieces(&ast).iter().zip(between.iter().cycle()) {
            source.push_str(piece);
            for (number, part) in between.split('%').enumerate() {
                if number > 0 {
                    source.push_str(&format!("comment{comments}."));
                    comments += 1;
                }
                source.push_str(part);
            }
        }
        let text = check(&source)?;
        let mut at = 0;
        for number in 0..comments {
            let comment = format!("comment{number}.");
            let found = text[at..].find(&comment);
            prop_assert!(found.is_some(), "{} of\n{}\nin\n{}", comment, source, text);
            at += found.unwrap_or_default();
        }
    }
}

/// Every pipeline file of the repository.
fn pipelines() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("tests/fixtures"), root.join("../examples/graphs")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "dot") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_pipeline_of_the_repository_has_a_canonical_text() {
    let mut checked = 0;
    for path in pipelines() {
        let source = std::fs::read_to_string(&path).unwrap();
        if dot::parse(&source).is_ok() {
            check(&source).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            checked += 1;
        }
    }
    assert!(checked > 80, "{checked} pipelines");
}

#[test]
fn the_canonical_text_of_a_commented_source() {
    let source = include_str!("../fixtures/format/before.dot");
    insta::assert_snapshot!(check(source).unwrap());
}

#[test]
fn a_first_line_for_the_shell_stays_the_first_line() {
    let source = "#!/usr/bin/env -S attractor run\ndigraph g {\n}\n";
    assert_eq!(check(source).unwrap(), source);
}
