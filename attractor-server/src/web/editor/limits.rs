//! Every limit of the editor's pages, with the reason for the number.

/// What is wrong with a text, on a page that no script keeps up to date: more than anybody mends at a
/// time.
pub(super) const PROBLEMS: usize = 50;

/// Versions before and after one that it can be compared with on its page; any other by its address.
pub(super) const CHOICES: i64 = 50;

/// Versions on one page.
pub(super) const VERSIONS: u32 = 100;
