//! Cancellation and time limits around a future.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::TimeoutConfig;
use crate::error::{Error, ErrorKind};

/// What may end a call before it is done.
#[derive(Debug)]
pub(super) struct Guard {
    /// The caller's token.
    cancelled: CancellationToken,
    /// When all time is up, and how much there was.
    deadline: Option<(Instant, Duration)>,
    per_step: Option<Duration>,
    /// For handlers: cancelled with the caller's token, and when the call ends for any reason.
    handlers: CancellationToken,
    _on_drop: DropGuard,
}

impl Guard {
    pub(super) fn new(cancelled: CancellationToken, limits: TimeoutConfig) -> Self {
        let handlers = cancelled.child_token();
        Self {
            deadline: limits.total.and_then(|total| {
                let deadline = Instant::now().checked_add(total)?;
                Some((deadline, total))
            }),
            per_step: limits.per_step,
            _on_drop: handlers.clone().drop_guard(),
            handlers,
            cancelled,
        }
    }

    pub(super) fn handlers(&self) -> &CancellationToken {
        &self.handlers
    }

    /// Runs `operation` until it ends, the caller cancels or all time is up.
    pub(super) async fn run<T>(
        &self,
        operation: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let operation = self.cancelled.run_until_cancelled(operation);
        let result = match self.deadline {
            Some((deadline, total)) => timeout_at(deadline, operation)
                .await
                .map_err(|_| too_long("the call", total))?,
            None => operation.await,
        };
        result.unwrap_or_else(|| Err(Error::new(ErrorKind::Abort, "the caller cancelled")))
    }

    /// When an attempt at a step that begins now has to end.
    pub(super) fn step_deadline(&self) -> Option<Instant> {
        Instant::now().checked_add(self.per_step?)
    }

    /// Runs one attempt at a step, or a part of one that ends at `deadline`.
    pub(super) async fn step<T>(
        &self,
        deadline: Option<Instant>,
        operation: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        match (deadline, self.per_step) {
            (Some(deadline), Some(limit)) => timeout_at(deadline, operation)
                .await
                .unwrap_or_else(|_| Err(too_long("the step", limit))),
            _ => operation.await,
        }
    }
}

fn too_long(what: &str, limit: Duration) -> Error {
    let message = format!("{what} took longer than {limit:?}");
    Error::new(ErrorKind::RequestTimeout, message)
}
