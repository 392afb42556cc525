//! The suite that every [`ProviderAdapter`] passes, chosen by what the adapter says it can do.
//!
//! An adapter that speaks HTTP is tested against the [`ScriptedServer`] in its own protocol:
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use attractor_llm::testing::conformance::{self, OverHttp};
//! # use attractor_llm::{Error, ProviderAdapter};
//! # fn my_adapter(base_url: &str) -> Result<Arc<dyn ProviderAdapter>, Error> { unimplemented!() }
//!
//! # async fn example() {
//! let harness = OverHttp::new(|base_url| my_adapter(base_url));
//! let report = conformance::run(&harness).await;
//! assert!(report.is_success(), "{report}");
//! # }
//! ```
//!
//! Anything else implements [`Harness`]. [`trials`] lists the trials one by one, for a test
//! framework that wants each as a test of its own.
//!
//! Source: unified-llm-spec 7 and 8.9.

mod check;
mod complete;
mod errors;
mod harness;
mod reasoning;
mod report;
mod stream;
mod tools;
mod trial;

pub use self::harness::{Harness, OverHttp, Subject};
pub use self::report::{Failure, Report};
pub use self::trial::Trial;
#[cfg(doc)]
use crate::provider::ProviderAdapter;
use crate::testing::script::Script;
#[cfg(doc)]
use crate::testing::server::ScriptedServer;

/// All trials, whatever an adapter can do.
#[must_use]
pub fn trials() -> Vec<Trial> {
    [
        complete::trials(),
        stream::trials(),
        tools::trials(),
        errors::trials(),
        reasoning::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Runs the trials that suit the adapter, one after the other.
///
/// Needs a running clock: each trial has a limit of time, and a paused clock jumps over the waits
/// for the network.
pub async fn run(harness: &dyn Harness) -> Report {
    let capabilities = match harness.start(Script::new()).await {
        Ok(subject) => subject.adapter().capabilities(),
        Err(error) => return Report::not_started(&error),
    };
    let mut report = Report::default();
    for trial in trials() {
        if !trial.applies_to(&capabilities) {
            report.skipped.push(trial.name());
            continue;
        }
        match trial.run(harness).await {
            Ok(()) => report.passed.push(trial.name()),
            Err(failure) => report.failed.push(failure),
        }
    }
    report
}
