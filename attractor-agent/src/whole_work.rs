//! Pieces of work that are done to their end, whatever becomes of the call that asked for them.

use tokio::{runtime::Handle, sync::oneshot, task_local};
use tokio_util::task::TaskTracker;

use crate::error::{Error, ErrorKind};

task_local! {
    static ON_A_THREAD_OF_ITS_OWN: ();
}

/// The pieces of work of a session that aren't done yet; a clone is of the same session.
///
/// Each has a thread of the runtime's blocking pool to itself: dropping the call doesn't stop it, nor
/// does the session's end, and a runtime that is shut down waits for it. One that hasn't got its thread
/// by then is not begun.
#[derive(Debug, Clone)]
pub(crate) struct WholeWork(TaskTracker);

impl Default for WholeWork {
    fn default() -> Self {
        let tracker = TaskTracker::new();
        // Closed, it can be waited for; work is still taken.
        tracker.close();
        Self(tracker)
    }
}

impl WholeWork {
    /// Does a piece of work.
    ///
    /// # Errors
    /// Those of the work; `Io` where it panicked or the runtime is shut down.
    pub(crate) async fn run<T, F>(
        &self,
        work: impl FnOnce() -> F + Send + 'static,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>>,
    {
        let runtime = Handle::current();
        let (sender, result) = oneshot::channel();
        self.0.spawn_blocking(move || {
            let done = runtime.block_on(ON_A_THREAD_OF_ITS_OWN.scope((), work()));
            // Nobody listens where the call was dropped.
            let _ = sender.send(done);
        });
        let interrupted = |error| {
            let text = "the work was interrupted; what it has done so far is not known";
            Error::new(ErrorKind::Io, text).with_source(error)
        };
        result.await.map_err(interrupted)?
    }

    /// Waits until all that was begun is done.
    pub(crate) async fn wait(&self) {
        self.0.wait().await;
    }
}

/// Whether the current piece of work has a thread to itself, on which it may block.
pub(crate) fn has_own_thread() -> bool {
    ON_A_THREAD_OF_ITS_OWN.try_with(|()| ()).is_ok()
}
