use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Receiver, Sender};

use super::{EventBus, Notice};
use crate::domain::{Error, RunId};

/// Notices that wait for the slowest subscriber; what is beyond it reads from the store.
const BUFFER: usize = 256;

/// The bus of a server that is alone.
#[derive(Clone, Debug, Default)]
pub struct MemoryBus(Arc<Mutex<HashMap<RunId, Sender<Notice>>>>);

impl MemoryBus {
    /// A bus that nobody listens to.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells those who are subscribed to a run.
    pub(crate) fn tell(&self, run: &RunId, notice: Notice) {
        if let Some(channel) = self.channels().get(run) {
            // That nobody listens is no error.
            let _ = channel.send(notice);
        }
    }

    /// Tells all who are subscribed to any run.
    pub(crate) fn publish_to_all(&self, notice: &Notice) {
        for channel in self.channels().values() {
            let _ = channel.send(notice.clone());
        }
    }

    fn channels(&self) -> MutexGuard<'_, HashMap<RunId, Sender<Notice>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One subscription; the last of a run takes the run's channel away.
struct Subscription {
    bus: MemoryBus,
    run: RunId,
    receiver: Option<Receiver<Notice>>,
}

impl Subscription {
    async fn next(&mut self) -> Option<Notice> {
        match self.receiver.as_mut()?.recv().await {
            Ok(notice) => Some(notice),
            Err(RecvError::Lagged(_)) => Some(Notice::Missed),
            Err(RecvError::Closed) => None,
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut channels = self.bus.channels();
        self.receiver = None;
        if channels
            .get(&self.run)
            .is_some_and(|it| it.receiver_count() == 0)
        {
            channels.remove(&self.run);
        }
    }
}

#[async_trait]
impl EventBus for MemoryBus {
    async fn publish(&self, run: &RunId, notice: Notice) -> Result<(), Error> {
        self.tell(run, notice);
        Ok(())
    }

    async fn subscribe(&self, run: &RunId) -> Result<BoxStream<'static, Notice>, Error> {
        let receiver = self
            .channels()
            .entry(run.clone())
            .or_insert_with(|| broadcast::channel(BUFFER).0)
            .subscribe();
        let subscription = Subscription {
            bus: self.clone(),
            run: run.clone(),
            receiver: Some(receiver),
        };
        let notices = stream::unfold(subscription, |mut subscription| async {
            let notice = subscription.next().await?;
            Some((notice, subscription))
        });
        Ok(notices.boxed())
    }
}
