//! Every limit of the language half, with the reason for the number.

/// Longest condition that is parsed, in bytes. A condition is a line of text; this is fifty.
pub(crate) const MAX_CONDITION_BYTES: usize = 4 * 1024;

/// Deepest nesting of parentheses and `!` in a condition. Parsing and evaluating recurse by
/// level, so the depth bounds the stack.
pub(crate) const MAX_CONDITION_DEPTH: usize = 32;

/// Longest name for which a similar known name is looked for; comparing costs the product of
/// the lengths.
pub(crate) const MAX_SUGGESTION_BYTES: usize = 64;
