use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::check::Outcome;
use super::{Failure, Harness};
use crate::provider::Capabilities;
use crate::testing::limits::TRIAL_TIME;

type Run = for<'a> fn(&'a dyn Harness) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// One thing that an adapter has to do.
#[derive(Clone, Copy)]
pub struct Trial {
    name: &'static str,
    needs: fn(&Capabilities) -> bool,
    run: Run,
}

impl Trial {
    /// A trial that every adapter has to pass.
    pub(super) fn new(name: &'static str, run: Run) -> Self {
        Self {
            name,
            needs: |_| true,
            run,
        }
    }

    /// A trial for adapters that can do something.
    pub(super) fn needing(name: &'static str, needs: fn(&Capabilities) -> bool, run: Run) -> Self {
        Self { name, needs, run }
    }

    /// What the adapter has to do, as a sentence.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether an adapter with these capabilities has to pass it.
    #[must_use]
    pub fn applies_to(&self, capabilities: &Capabilities) -> bool {
        (self.needs)(capabilities)
    }

    /// Runs it.
    ///
    /// # Errors
    ///
    /// What was expected and what happened instead, a trial that takes too long included.
    pub async fn run(&self, harness: &dyn Harness) -> Result<(), Failure> {
        let outcome = tokio::time::timeout(TRIAL_TIME, (self.run)(harness)).await;
        let outcome = outcome.unwrap_or_else(|_| Err(format!("no end after {TRIAL_TIME:?}")));
        outcome.map_err(|message| Failure {
            trial: self.name,
            message,
        })
    }
}

impl fmt::Debug for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trial")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
