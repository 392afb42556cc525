//! Every limit of the web UI, with the reason for the number.

/// Bytes of a form: an attractor's text has 1 MiB, of which each may become three in a form.
pub(super) const FORM_BYTES: usize = 4 * 1024 * 1024;

/// Fields of a form: the largest has some twenty.
pub(super) const FIELDS: usize = 200;

/// Rows of a table: what one looks through before one goes on.
pub(super) const ROWS: u32 = 50;

/// Runs of each kind on the overview: the lists have all.
pub(super) const OVERVIEW_RUNS: u32 = 20;

/// Questions on the overview.
pub(super) const OVERVIEW_QUESTIONS: u32 = 20;
