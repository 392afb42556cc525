//! What tells everybody who watches a run that something happened in it.
//!
//! Events are kept by the [`Store`](crate::store::Store); the bus says that there are new ones, and
//! carries what isn't kept: the text of a model as it comes. A subscriber that is slow, or whose bus
//! loses something, reads what it hasn't seen from the store: each [`Notice`] says how far it goes.

mod live;
mod memory;

pub(crate) use self::live::LiveTexts;
pub use self::memory::MemoryBus;

use std::fmt::Debug;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{Error, RunId};

/// That something happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Notice {
    /// Events up to this number are stored.
    Stored(i64),
    /// Something that isn't stored: a piece of a model's text.
    Live(Value),
    /// Notices were lost on the way: what is stored may be more than what was told.
    Missed,
}

/// Fans out notices of runs, within a process or over several.
#[async_trait]
pub trait EventBus: Debug + Send + Sync + 'static {
    /// Tells all who are subscribed to the run.
    ///
    /// # Behavior
    ///
    /// - Never waits for a subscriber; a slow one is told [`Notice::Missed`] in place of what it lost.
    /// - Notices of one publisher arrive in order.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable): subscribers look at the
    /// store from time to time anyhow.
    async fn publish(&self, run: &RunId, notice: Notice) -> Result<(), Error>;

    /// Listens to a run.
    ///
    /// # Behavior
    ///
    /// - What is published after this has returned arrives.
    /// - The stream doesn't end by itself; dropping it ends the subscription.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::domain::ErrorKind::Unavailable).
    async fn subscribe(&self, run: &RunId) -> Result<BoxStream<'static, Notice>, Error>;
}

/// The trait can be used behind a pointer.
const _: Option<&dyn EventBus> = None;
