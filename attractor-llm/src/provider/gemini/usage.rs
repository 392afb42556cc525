//! `usageMetadata` -> `Usage`; pure.

use serde_json::Value;

use crate::types::Usage;

/// The prompt with what the provider's own tools added to it; the answer, and the reasoning that
/// the API counts beside it.
pub(super) fn usage(raw: &Value) -> Usage {
    let number = |key: &str| raw[key].as_u64();
    let input = number("promptTokenCount")
        .unwrap_or(0)
        .saturating_add(number("toolUsePromptTokenCount").unwrap_or(0));
    let mut usage = Usage::new(input, number("candidatesTokenCount").unwrap_or(0))
        .cache_within_input(number("cachedContentTokenCount"), None)
        .reasoning_beside_output(number("thoughtsTokenCount"));
    usage.raw = (!raw.is_null()).then(|| raw.clone().into());
    usage
}
