use std::fmt;

use serde::{Deserialize, Serialize};

use super::Limit;
use crate::{Error, ErrorKind};

/// A limit that stands against going on: which one, what was used, and how much there was.
///
/// As an [`Error`] it has the kind [`LimitReached`](ErrorKind::LimitReached) and is its source. A
/// handler or a backend that returns it pauses the run; the attempt is made again when the run is
/// resumed with the limit raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a limit and the two numbers that it compares"
)]
pub struct LimitReached {
    /// Which limit.
    pub limit: Limit,
    /// What was used, in the unit of the limit's field in [`BudgetLimits`](super::BudgetLimits).
    pub spent: u64,
    /// How much there was.
    pub max: u64,
}

impl LimitReached {
    /// The limit that an error is about, if it is about one.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        use std::error::Error as _;
        let mut next = error.source();
        while let Some(cause) = next {
            if let Some(reached) = cause.downcast_ref::<Self>() {
                return Some(*reached);
            }
            next = cause.source();
        }
        None
    }
}

impl fmt::Display for LimitReached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, spent, max } = *self;
        let (name, max) = (limit.as_str(), limit.amount(max));
        write!(f, "{name} reached: {} of {max} used", limit.amount(spent))
    }
}

impl std::error::Error for LimitReached {}

impl From<LimitReached> for Error {
    fn from(reached: LimitReached) -> Self {
        Self::new(ErrorKind::LimitReached, reached.to_string()).with_source(reached)
    }
}
