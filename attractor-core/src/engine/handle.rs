use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, Weak};

use futures::Stream;
use futures::stream;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, WeakSender};
use tokio_util::sync::CancellationToken;

use super::steering::Steering;
use crate::graph::NodeId;
use crate::handler::StageProgress;
use crate::run::{BranchPath, JournalEntry};
use crate::{Error, ErrorKind};

/// Something a listener to a run gets to see.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RunUpdate {
    /// An entry was appended to the journal.
    Entry(Arc<JournalEntry>),
    /// A stage reported something that isn't journaled.
    Live {
        /// The branch the stage is in; nothing for the main walk.
        branch: Option<BranchPath>,
        /// The node.
        node: NodeId,
        /// The report.
        progress: Arc<StageProgress>,
    },
    /// The listener was too slow and has missed something; the journal has what matters of it.
    Gap {
        /// How many updates.
        missed: u64,
    },
}

/// A way to watch and stop a run from elsewhere. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RunHandle {
    pub(super) run_id: Arc<str>,
    pub(super) run_dir: Option<PathBuf>,
    pub(super) cancel: CancellationToken,
    pub(super) why: Arc<OnceLock<String>>,
    pub(super) updates: WeakSender<RunUpdate>,
    pub(super) steering: Weak<Steering>,
}

impl RunHandle {
    /// The run.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Where its files are, if it keeps any.
    pub fn run_dir(&self) -> Option<&Path> {
        self.run_dir.as_deref()
    }

    /// Stops the run within a second. It leaves a journal from which it can be resumed.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// The same, for a reason that the journal and the report then give. Of several reasons the
    /// first one counts.
    pub fn interrupt(&self, reason: impl Into<String>) {
        // A reason that is there already came first.
        let _ = self.why.set(reason.into());
        self.cancel.cancel();
    }

    /// The token that [`cancel`](Self::cancel) cancels, to couple the run with something else.
    pub fn cancellation(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Sends a message to the model that works on the run's present stage; where several do, in
    /// branches, to each. It's injected after the model's current round of tool calls; while no
    /// model works, it waits for the next stage with one. What no stage has taken by the end of
    /// the execution is in [`RunReport::undelivered`](super::RunReport::undelivered).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for a text without content, a text of more than 64 KiB, or too
    /// many that wait; [`ErrorKind::NotFound`] if the run isn't being executed any more.
    ///
    /// Source: attractor-spec 4.11, coding-agent-loop-spec 2.6.
    pub fn steer(&self, message: impl Into<String>) -> Result<(), Error> {
        self.send(None, message.into())
    }

    /// The same for the stages of one node.
    ///
    /// # Errors
    ///
    /// As for [`steer`](Self::steer).
    pub fn steer_node(&self, node: &NodeId, message: impl Into<String>) -> Result<(), Error> {
        self.send(Some(node.clone()), message.into())
    }

    fn send(&self, node: Option<NodeId>, message: String) -> Result<(), Error> {
        let gone = || Error::new(ErrorKind::NotFound, "the run isn't being executed any more");
        let steering = self.steering.upgrade().ok_or_else(gone)?;
        steering.send(node, message)
    }

    /// What happens from now on, until the execution ends.
    ///
    /// A listener that lags behind by thousands of updates never holds up the run; it gets a
    /// [`RunUpdate::Gap`] and goes on with the oldest update that is still there.
    pub fn events(&self) -> impl Stream<Item = RunUpdate> + Send + Unpin + 'static {
        let receiver = self.updates.upgrade().map(|sender| sender.subscribe());
        Box::pin(stream::unfold(receiver, |receiver| async {
            let mut receiver: Receiver<RunUpdate> = receiver?;
            let update = match receiver.recv().await {
                Ok(update) => update,
                Err(RecvError::Lagged(missed)) => RunUpdate::Gap { missed },
                Err(RecvError::Closed) => return None,
            };
            Some((update, Some(receiver)))
        }))
    }
}
