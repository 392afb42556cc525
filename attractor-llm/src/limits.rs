//! Every limit of the crate, with the reason for its number.

/// The longest tool name: what every provider accepts (unified-llm-spec 5.1).
pub const MAX_TOOL_NAME_CHARS: usize = 64;
