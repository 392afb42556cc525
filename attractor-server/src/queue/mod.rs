//! What wakes a dispatcher: that a run waits.
//!
//! The truth about what waits is the [`Store`](crate::store::Store), from which the dispatcher claims
//! runs, and where it looks from time to time anyhow. The queue says that looking is worth while now.
//! So a queue that loses something delays a run and doesn't lose it.

mod memory;

pub use self::memory::MemoryQueue;

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::{Error, RunId};

/// Tells dispatchers of runs that wait.
#[async_trait]
pub trait Queue: Debug + Send + Sync + 'static {
    /// Tells one of the dispatchers, of this process or another, that a run waits.
    ///
    /// # Behavior
    ///
    /// - What is pushed while nobody waits is kept, within a limit, for the next who does.
    /// - Never waits for a dispatcher.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable): the caller goes on.
    async fn push(&self, run: &RunId) -> Result<(), Error>;

    /// Waits until a run is told, at most for `wait`.
    ///
    /// # Behavior
    ///
    /// - Each run that is pushed is given to one caller, the oldest first.
    /// - Dropping the call while it waits loses nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable).
    async fn pop(&self, wait: Duration) -> Result<Option<RunId>, Error>;
}

/// The trait can be used behind a pointer.
const _: Option<&dyn Queue> = None;
