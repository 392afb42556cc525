//! Equal requests one after the other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

type Turns = HashMap<String, Arc<AsyncMutex<()>>>;

/// The keys that someone is asking for, or waiting to ask for.
#[derive(Clone, Debug, Default)]
pub(super) struct Flights(Arc<Mutex<Turns>>);

impl Flights {
    /// Waits until no one else asks for this key.
    pub(super) async fn turn(&self, key: &str) -> Turn {
        let lock = Arc::clone(self.turns().entry(key.to_owned()).or_default());
        let mut turn = Turn {
            flights: self.clone(),
            key: key.to_owned(),
            held: None,
        };
        turn.held = Some(lock.lock_owned().await);
        turn
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to ask, or a place in the queue; the next one's when it is dropped.
pub(super) struct Turn {
    flights: Flights,
    key: String,
    held: Option<OwnedMutexGuard<()>>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut turns = self.flights.turns();
        self.held = None;
        // Others hold the lock too while they wait for it.
        if turns
            .get(&self.key)
            .is_some_and(|lock| Arc::strong_count(lock) == 1)
        {
            turns.remove(&self.key);
        }
    }
}
