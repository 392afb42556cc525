//! What holds for any patch.
