//! Diagnostics for code hosts: SARIF 2.1.0.

use std::path::Path;

use attractor_core::dot::LineIndex;
use attractor_core::lint::{RuleInfo, rules};
use attractor_core::{Diagnostic, Edit, Severity, Span};
use serde_json::{Value, json};

use super::region;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// A checked file: its path, its text, and what was found, or why it couldn't be read.
pub(crate) type Checked<'a> = (&'a Path, &'a str, Result<&'a [Diagnostic], String>);

/// A log with one run over all files.
pub(crate) fn log(files: &[Checked<'_>]) -> Value {
    let results: Vec<Value> = files.iter().flat_map(results).collect();
    let unread: Vec<Value> = files.iter().filter_map(notification).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "attractor",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules().iter().map(rule).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": unread.is_empty(),
                "toolExecutionNotifications": unread,
            }],
            "results": results,
        }],
    })
}

fn rule(rule: &RuleInfo) -> Value {
    json!({
        "id": rule.name,
        "shortDescription": { "text": rule.summary },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn notification((path, _, found): &Checked<'_>) -> Option<Value> {
    let error = found.as_ref().err()?;
    Some(json!({
        "level": "error",
        "message": { "text": error },
        "locations": [{ "physicalLocation": { "artifactLocation": artifact(path) } }],
    }))
}

fn results((path, source, found): &Checked<'_>) -> Vec<Value> {
    let lines = LineIndex::new(source);
    let found = found.as_ref().map_or(&[][..], |found| found);
    found
        .iter()
        .map(|diagnostic| result(path, &lines, diagnostic))
        .collect()
}

fn result(path: &Path, lines: &LineIndex<'_>, diagnostic: &Diagnostic) -> Value {
    let help = diagnostic.fix.as_ref();
    let help = help.map_or_else(String::new, |fix| format!("; help: {fix}"));
    let mut physical = json!({ "artifactLocation": artifact(path) });
    if let Some(span) = diagnostic.span {
        physical["region"] = region(lines, span);
    }
    let mut location = json!({ "physicalLocation": physical });
    if let Some(node) = &diagnostic.node {
        location["logicalLocations"] = json!([{ "name": node, "kind": "node" }]);
    } else if let Some((from, to)) = &diagnostic.edge {
        let name = format!("{from} -> {to}");
        location["logicalLocations"] = json!([{ "name": name, "kind": "edge" }]);
    }
    let mut result = json!({
        "ruleId": diagnostic.rule,
        "level": level(diagnostic.severity),
        "message": { "text": format!("{}{help}", diagnostic.message) },
        "locations": [location],
    });
    if let Some(index) = rules().iter().position(|rule| rule.name == diagnostic.rule) {
        result["ruleIndex"] = index.into();
    }
    if !diagnostic.edits.is_empty() {
        let edits = diagnostic.edits.iter();
        let replacements: Vec<Value> = edits.map(|edit| replacement(lines, edit)).collect();
        result["fixes"] = json!([{
            "description": { "text": diagnostic.fix.as_deref().unwrap_or("apply the edit") },
            "artifactChanges": [{
                "artifactLocation": artifact(path),
                "replacements": replacements,
            }],
        }]);
    }
    result
}

fn replacement(lines: &LineIndex<'_>, edit: &Edit) -> Value {
    json!({
        "deletedRegion": region(lines, edit.span),
        "insertedContent": { "text": edit.replacement },
    })
}

fn region(lines: &LineIndex<'_>, span: Span) -> Value {
    let names = ["startLine", "startColumn", "endLine", "endColumn"];
    let mut fields = region::fields(lines, span, names);
    fields.insert("byteOffset".to_owned(), span.start.into());
    fields.insert("byteLength".to_owned(), span.len().into());
    Value::Object(fields)
}

/// The address of a file: relative as it was given, or absolute.
fn artifact(path: &Path) -> Value {
    let text = path.to_string_lossy().replace('\\', "/");
    let scheme = if path.is_absolute() { "file://" } else { "" };
    let root = if path.is_absolute() && !text.starts_with('/') {
        "/"
    } else {
        ""
    };
    json!({ "uri": format!("{scheme}{root}{}", encode(&text)) })
}

/// Percent-encodes what may not stand in the path of a URI.
fn encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
        if plain {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
