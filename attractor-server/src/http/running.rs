//! A run that this process executes, or has executed.

use std::sync::{Arc, Mutex, PoisonError};

use attractor_core::engine::{EngineRun, RunHandle};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::questions::Questions;

/// The way to a run while it's executed.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) handle: RunHandle,
    pub(super) questions: Arc<Questions>,
    over: CancellationToken,
    /// Why the execution broke off, if it did.
    broken: Mutex<Option<String>>,
}

impl Running {
    pub(super) fn new(run: &EngineRun, questions: Arc<Questions>) -> Arc<Self> {
        Arc::new(Self {
            handle: run.handle(),
            questions,
            over: CancellationToken::new(),
            broken: Mutex::default(),
        })
    }

    /// Whether the execution has ended.
    pub(super) fn is_over(&self) -> bool {
        self.over.is_cancelled()
    }

    /// Waits for the end of the execution.
    pub(super) async fn over(&self) {
        self.over.cancelled().await;
    }

    /// Why the execution broke off.
    pub(super) fn broken(&self) -> Option<String> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        // One assignment can't be torn by a panic.
        self.broken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Executes a run to its end; `permit` is what it's counted by.
pub(super) async fn execute(run: EngineRun, running: Arc<Running>, permit: OwnedSemaphorePermit) {
    // However this ends, also by a panic or by being dropped.
    let _over = running.over.clone().drop_guard();
    if let Err(error) = run.execute().await {
        tracing::error!(run = running.handle.run_id(), error = %error.chain(), "run broke off");
        *running.lock() = Some(error.chain());
    }
    drop(permit);
}
