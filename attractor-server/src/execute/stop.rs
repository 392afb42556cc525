use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

use crate::store::StopRequest;

/// Why a runner stops before its run's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Somebody wants the run to stop for good.
    Cancel,
    /// Somebody wants the run to stop for now.
    Pause,
    /// The attempt takes longer than it may.
    TimedOut,
    /// The run isn't this process's any more.
    Lost,
    /// The process was asked to end.
    Terminated,
    /// The control plane has been gone for too long.
    Alone,
}

impl Why {
    /// What a heartbeat asks for.
    pub(super) fn of(asked: StopRequest) -> Self {
        match asked {
            StopRequest::Pause => Self::Pause,
            StopRequest::Cancel => Self::Cancel,
        }
    }

    /// What the run's journal says about it.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Cancel => "the run was cancelled",
            Self::Pause => "the run was paused",
            Self::TimedOut => "the run took longer than it may",
            Self::Lost => "the run was given to another runner, or is over",
            Self::Terminated => "the runner was asked to end",
            Self::Alone => "the control plane couldn't be reached for too long",
        }
    }
}

/// Tells all parts of a runner to stop, and why. Cheap to clone; the first reason counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop {
    why: Arc<OnceLock<Why>>,
    token: CancellationToken,
}

impl Stop {
    pub(super) fn now(&self, why: Why) {
        // Another reason came first.
        let _ = self.why.set(why);
        self.token.cancel();
    }

    /// Why, once it's said.
    pub(super) fn why(&self) -> Option<Why> {
        self.why.get().copied()
    }

    /// Waits for the reason.
    pub(super) async fn said(&self) -> Why {
        self.token.cancelled().await;
        self.why().unwrap_or(Why::Terminated)
    }
}
