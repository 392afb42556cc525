//! How much of a run's history is carried into a stage's model session.

mod preamble;
mod resolve;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind};

pub use self::preamble::preamble;
pub use self::resolve::{resolve_fidelity, resolve_thread};

/// How much of what happened before a stage's model gets to see.
///
/// Complete by definition: attractor-spec 5.4 names these six.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(
    clippy::exhaustive_enums,
    reason = "attractor-spec 5.4 names exactly these six"
)]
pub enum Fidelity {
    /// The session of the thread goes on, with its whole conversation.
    #[serde(rename = "full")]
    Full,
    /// A fresh session that knows the goal and the run.
    #[serde(rename = "truncate")]
    Truncate,
    /// A fresh session with a list of completed stages, outcomes and context values.
    #[default]
    #[serde(rename = "compact")]
    Compact,
    /// A fresh session with a summary of about 600 tokens.
    #[serde(rename = "summary:low")]
    SummaryLow,
    /// A fresh session with a summary of about 1,500 tokens.
    #[serde(rename = "summary:medium")]
    SummaryMedium,
    /// A fresh session with a summary of about 3,000 tokens.
    #[serde(rename = "summary:high")]
    SummaryHigh,
}

impl Fidelity {
    /// All six, in the order of the specification.
    pub const ALL: [Self; 6] = [
        Self::Full,
        Self::Truncate,
        Self::Compact,
        Self::SummaryLow,
        Self::SummaryMedium,
        Self::SummaryHigh,
    ];

    /// The mode as pipelines spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Truncate => "truncate",
            Self::Compact => "compact",
            Self::SummaryLow => "summary:low",
            Self::SummaryMedium => "summary:medium",
            Self::SummaryHigh => "summary:high",
        }
    }

    /// The mode for the first stage after a resume: sessions aren't stored, so `full` becomes
    /// `summary:high`.
    #[must_use]
    pub fn after_resume(self) -> Self {
        if self == Self::Full {
            Self::SummaryHigh
        } else {
            self
        }
    }
}

impl fmt::Display for Fidelity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Fidelity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.as_str() == text.trim())
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::InvalidInput,
                    format!("unknown fidelity mode {text:?}"),
                )
            })
    }
}
