//! Diagnostics for programs of ours; `docs/validate.schema.json` says what is in them.

use attractor_core::Diagnostic;
use attractor_core::dot::LineIndex;
use serde_json::Value;

use super::region;

/// Diagnostics for programs; lines and columns count from 1, spans are byte offsets.
pub(crate) fn to_json(source: &str, diagnostics: &[Diagnostic]) -> Vec<Value> {
    let lines = LineIndex::new(source);
    let names = ["line", "column", "end_line", "end_column"];
    diagnostics
        .iter()
        .map(|diagnostic| {
            let mut value = serde_json::to_value(diagnostic).unwrap_or_default();
            if let (Some(span), Some(fields)) = (diagnostic.span, value.as_object_mut()) {
                fields.extend(region::fields(&lines, span, names));
            }
            value
        })
        .collect()
}
