//! What executes a node: the interface, what it's given, and the built-in handlers.

pub mod codergen;
mod progress;
mod stage;

use std::fmt::Debug;

use async_trait::async_trait;

use crate::Error;
use crate::state::Outcome;

pub use self::codergen::{CodergenBackend, CodergenRequest, CodergenResult};
pub use self::progress::{ProgressReceiver, ProgressSink, StageProgress};
pub use self::stage::StageContext;

/// Executes the nodes of one type.
///
/// Source: attractor-spec 4.1 and 4.12.
#[async_trait]
pub trait Handler: Debug + Send + Sync + 'static {
    /// Executes one attempt of a node and says how it went.
    ///
    /// # Behavior
    ///
    /// - Keeps no state between calls that a restarted process would miss.
    /// - May be executed again for the same attempt after a crash, with an empty stage directory.
    /// - Stops when its future is dropped. One that holds something outside of the future also
    ///   watches [`StageContext::cancel`], lets go at once and returns; its outcome is discarded.
    /// - A panic is caught by the engine and counts as a failure.
    ///
    /// # Errors
    ///
    /// An error counts as a failure with the error's text;
    /// [`ErrorKind::Terminal`](crate::ErrorKind::Terminal) and
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) aren't retried.
    async fn execute(&self, stage: &StageContext) -> Result<Outcome, Error>;
}

const _: Option<&dyn Handler> = None;
