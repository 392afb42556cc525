//! The options of this adapter.

use crate::provider::options::Options;

pub(super) const OPTIONS: Options = Options {
    own: &["beta_headers", "strict_tools"],
    merged: &["metadata", "reasoning", "text"],
    joined: &["include", "tools"],
};
