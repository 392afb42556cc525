//! What must hold of the language whatever is written: for the fuzz targets and the test that
//! replays and damages their corpus. Not part of the documented interface.

use crate::condition::Condition;
use crate::dot;
use crate::graph::{Graph, Node};
use crate::lint::{apply_edits, render_plain, validate};
use crate::stylesheet::Stylesheet;
use crate::transform;

/// The inputs that there are checks for.
pub const INPUTS: &[&str] = &["condition", "dot", "stylesheet"];

/// Reads the bytes as the input and checks what must hold of what was read.
///
/// # Errors
///
/// What didn't hold.
pub fn check(input: &str, bytes: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    match input {
        "condition" => condition(&text),
        "dot" => pipeline(&text),
        "stylesheet" => stylesheet(&text),
        other => Err(format!("no check for {other}")),
    }
}

fn condition(text: &str) -> Result<(), String> {
    match Condition::parse(text) {
        Ok(condition) => {
            let value = |key: &str| Some(key.to_owned());
            let again = Condition::parse(condition.source()).map_err(|error| error.to_string())?;
            if condition.eval(value) == again.eval(value) {
                Ok(())
            } else {
                Err("the same condition has two values".to_owned())
            }
        }
        Err(error) => within(text, error.span),
    }
}

fn stylesheet(text: &str) -> Result<(), String> {
    match Stylesheet::parse(text) {
        Ok(sheet) => {
            let id = "a".parse().map_err(|error| format!("{error}"))?;
            let _ = sheet.properties(&Node::new(id));
            Ok(())
        }
        Err(error) => within(text, error.span),
    }
}

fn pipeline(text: &str) -> Result<(), String> {
    let ast = match dot::parse(text) {
        Ok(ast) => ast,
        Err(errors) => {
            let _ = errors.render_plain("file.dot");
            let found = errors.diagnostics();
            let _ = apply_edits(text, found.iter().flat_map(|found| &found.edits));
            return errors.iter().try_for_each(|error| within(text, error.span));
        }
    };
    let printed = dot::format(&ast);
    let again = dot::parse(&printed).map_err(|errors| format!("{errors}\n{printed}"))?;
    if dot::format(&again) != printed || again.without_spans() != ast.clone().without_spans() {
        return Err(format!(
            "the canonical text says something else:\n{printed}"
        ));
    }
    let (mut graph, mut found) = Graph::lower(&ast);
    for step in transform::built_in() {
        graph = step.apply(graph, &mut found);
    }
    found.extend(validate(&graph, &[]));
    let _ = render_plain(&found, "file.dot", text);
    let _ = apply_edits(text, found.iter().flat_map(|found| &found.edits));
    found
        .iter()
        .filter_map(|found| found.span)
        .try_for_each(|span| within(text, span))?;
    let _ = transform::migrate(text);
    let canonical = graph.to_dot();
    let (graph, _) = Graph::parse(&canonical).map_err(|errors| errors.to_string())?;
    if graph.to_dot() == canonical {
        Ok(())
    } else {
        Err(format!(
            "the graph's text says something else:\n{canonical}"
        ))
    }
}

fn within(text: &str, span: dot::Span) -> Result<(), String> {
    match text.get(span.start..span.end) {
        Some(_) => Ok(()),
        None => Err(format!("{span:?} isn't within the text")),
    }
}
