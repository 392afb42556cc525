//! A value that shows in no log.

use std::fmt;

/// A key; `Debug` doesn't tell it.
pub(crate) struct Secret(pub(crate) String);

impl Secret {
    /// The text without the key, should a server have repeated it.
    pub(crate) fn scrub(&self, text: &str) -> String {
        text.replace(&self.0, "[redacted]")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
