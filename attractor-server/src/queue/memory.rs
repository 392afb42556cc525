use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::Queue;
use crate::domain::{Error, RunId};

/// Runs that are remembered; the dispatcher finds the others when it looks at the store.
const CAPACITY: usize = 10_000;

/// The queue of a server that is alone.
///
/// ```
/// use std::time::Duration;
/// use attractor_server::domain::RunId;
/// use attractor_server::queue::{MemoryQueue, Queue};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), attractor_server::domain::Error> {
/// let queue = MemoryQueue::new();
/// let run = RunId::new();
/// queue.push(&run).await?;
/// assert_eq!(queue.pop(Duration::from_secs(1)).await?, Some(run));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct MemoryQueue {
    waiting: Mutex<VecDeque<RunId>>,
    pushed: Notify,
}

impl MemoryQueue {
    /// An empty queue.
    pub fn new() -> Self {
        Self::default()
    }

    fn take(&self) -> Option<RunId> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = waiting.pop_front();
        if !waiting.is_empty() {
            // There may be others who wait.
            self.pushed.notify_one();
        }
        taken
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn push(&self, run: &RunId) -> Result<(), Error> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < CAPACITY {
            waiting.push_back(run.clone());
        }
        drop(waiting);
        self.pushed.notify_one();
        Ok(())
    }

    async fn pop(&self, wait: Duration) -> Result<Option<RunId>, Error> {
        let pushed = async {
            loop {
                if let Some(run) = self.take() {
                    return run;
                }
                self.pushed.notified().await;
            }
        };
        Ok(timeout(wait, pushed).await.ok())
    }
}
