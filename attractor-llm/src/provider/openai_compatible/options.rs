//! The options of this adapter, and what of them a service takes; pure.

use serde_json::{Map, Value};

use super::compat::Compat;
use crate::provider::fields::Fields;
use crate::provider::options::Options;
use crate::types::Warning;

const OPTIONS: Options = Options {
    own: &["auto_cache", "compat", "strict_tools"],
    merged: &[
        "chat_template_kwargs",
        "metadata",
        "reasoning",
        "stream_options",
        "thinking",
    ],
    joined: &["tools"],
};

/// Lays the options over the body; `null` takes a field away.
pub(super) fn merge(
    body: &mut Fields,
    options: &Map<String, Value>,
    compat: &Compat,
    warnings: &mut Vec<Warning>,
) {
    OPTIONS.merge(body, options);
    if !compat.parallel_tool_calls && body.remove("parallel_tool_calls") {
        let text = "the service doesn't take parallel_tool_calls";
        warnings.push(Warning::new("parallel_tool_calls_dropped", text));
    }
    if !body.contains("tools") {
        // Without tools there is nothing to call at once, and some services say so with an error.
        body.remove("parallel_tool_calls");
    }
}
