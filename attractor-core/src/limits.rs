//! Every limit of the language half, with the reason for the number.

/// Longest source that is parsed, in bytes. A pipeline of 10,000 nodes has about 1.5 MB; a text
/// ten times that was made by a machine, and probably not for us.
pub(crate) const MAX_SOURCE_BYTES: usize = 16 * 1024 * 1024;

/// Statements and attributes in one source. Each costs about 150 bytes of tree, so this keeps a
/// source of nothing but `a;` below 150 MB.
pub(crate) const MAX_ELEMENTS: usize = 1_000_000;

/// Deepest nesting of subgraphs. Parsing and lowering recurse by level, so the depth bounds the
/// stack; people nest three deep.
pub(crate) const MAX_NESTING: usize = 64;

/// Parse errors that are reported; after so many the text isn't a pipeline.
pub(crate) const MAX_ERRORS: usize = 50;

/// Attributes on one element, defaults in scope included. They are found by scanning.
pub(crate) const MAX_ATTRIBUTES: usize = 256;

/// Bytes that defaults, edge chains, classes and variables may expand a graph to. They multiply:
/// a default of a megabyte over ten thousand nodes is a source of one megabyte.
pub(crate) const MAX_EXPANDED_BYTES: usize = 256 * 1024 * 1024;

/// Longest condition that is parsed, in bytes. A condition is a line of text; this is fifty.
pub(crate) const MAX_CONDITION_BYTES: usize = 4 * 1024;

/// Deepest nesting of parentheses and `!` in a condition. Parsing and evaluating recurse by
/// level, so the depth bounds the stack.
pub(crate) const MAX_CONDITION_DEPTH: usize = 32;

/// Longest name for which a similar known name is looked for; comparing costs the product of
/// the lengths.
pub(crate) const MAX_SUGGESTION_BYTES: usize = 64;

/// Unknown names for which a rule looks for a similar node; each look goes over all nodes.
pub(crate) const MAX_SUGGESTIONS: usize = 20;

/// Pipelines that one pipeline may name, with those that they name: people have a handful, and
/// the texts of all are kept with each run.
pub(crate) const MAX_INCLUDES: usize = 256;

/// Bytes of all of them together.
pub(crate) const MAX_INCLUDED_BYTES: usize = 16 * 1024 * 1024;

/// Pipelines within pipelines: each level is a run with a directory and a lock of its own, and
/// people nest two deep.
pub(crate) const MAX_CHILD_DEPTH: usize = 8;
