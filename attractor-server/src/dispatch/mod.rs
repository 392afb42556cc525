//! Gives runs that wait to runners, and looks after them until they are over.
//!
//! [`Dispatcher`] is the service: one loop claims what waits, another looks every second at what runs.
//! Everything that it decides is decided again by the store (compare-and-set, with the attempt as
//! fence), so that several servers may do the same at once, and one may die at any point.

mod claim;
mod config;
mod deferral;
pub(crate) mod limits;
mod lost;
mod owner;
#[cfg(test)]
mod tests;
mod token;
mod watch;
mod writes;

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use self::config::{DispatchConfig, DispatchParts};
pub use self::owner::owner_in;

use self::lost::Losses;
use self::writes::Writes;
use crate::bus::Notice;
use crate::domain::{Error, ErrorKind, NewEvent, Run, RunId, Timestamp, Transition};
use crate::store::{Change, Fence};

/// Gives runs to runners and looks after them.
#[derive(Debug)]
pub struct Dispatcher {
    parts: DispatchParts,
    config: DispatchConfig,
    woken: Arc<Notify>,
    losses: Losses,
    /// Every look for a run that waits writes to the store.
    writes: Writes,
}

/// Wakes a [`Dispatcher`]. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DispatchHandle(Arc<Notify>);

impl DispatchHandle {
    /// Says that a run was cancelled or is to be: its process is ended now, not at the next look. To be
    /// called by whoever has changed its status, or has [asked it to
    /// stop](crate::store::Leases::request_stop); being told of the run by the queue does the same.
    pub fn look(&self) {
        self.0.notify_one();
    }
}

impl Dispatcher {
    /// A dispatcher; nothing happens until it [`run`](Self::run)s.
    pub fn new(parts: DispatchParts, config: DispatchConfig) -> Self {
        Self {
            parts,
            config,
            woken: Arc::default(),
            losses: Losses::default(),
            writes: Writes::default(),
        }
    }

    /// A way to wake it.
    pub fn handle(&self) -> DispatchHandle {
        DispatchHandle(Arc::clone(&self.woken))
    }

    /// Works until `shutdown` is cancelled; then ends what it's in the middle of. Runners on this
    /// machine go on, and are found by the next server.
    pub async fn run(&self, shutdown: CancellationToken) {
        self.take_back(&shutdown).await;
        tokio::join!(self.claim_all(&shutdown), self.watch_all(&shutdown));
    }

    fn now(&self) -> Timestamp {
        self.config.clock.now()
    }

    /// Changes a run's status on behalf of an attempt; whether it did. That something else came first
    /// is no error.
    async fn change(&self, run: &Run, change: Change) -> Result<bool, Error> {
        let fenced = Change {
            fence: Some(Fence(run.attempt)),
            ..change
        };
        match self.parts.store.change_run(&run.id, fenced).await {
            Ok(changed) => {
                self.tell(&changed.id, changed.last_seq).await;
                Ok(true)
            }
            Err(error) if is_too_late(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn tell(&self, run: &RunId, seq: i64) {
        // Those who watch look at the store from time to time anyhow.
        let _ = self.parts.bus.publish(run, Notice::Stored(seq)).await;
    }

    fn event(&self, kind: &str, payload: serde_json::Value) -> NewEvent {
        NewEvent::new(kind, self.now(), payload)
    }

    fn transition(&self, transition: Transition, kind: &str, payload: serde_json::Value) -> Change {
        Change::new(transition, self.event(kind, payload))
    }
}

fn is_too_late(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound)
}
