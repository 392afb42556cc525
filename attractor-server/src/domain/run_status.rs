use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Error;

/// Where a run is in its life.
///
/// Source: contract, 3.1 and 5.1; `PAUSED` is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum RunStatus {
    /// It waits for its turn.
    Queued,
    /// A runner executes it, or did a moment ago.
    Running,
    /// It waits for somebody to let it go on.
    Paused,
    /// It reached its end.
    Succeeded,
    /// It ended before its end.
    Failed,
    /// Somebody stopped it for good.
    Canceled,
    /// It took longer than it may.
    Timeout,
}

/// What can happen to a run that gives it another status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transition {
    /// A dispatcher took it from the queue and gave it a lease.
    Dispatch,
    /// Its runner died or couldn't be started: it waits for another.
    Requeue,
    /// Its runner came to the end.
    Succeed,
    /// Its runner failed, or can't be started any more.
    Fail,
    /// Its time was up.
    Expire,
    /// Somebody cancelled it.
    Cancel,
    /// It stopped at a limit, or because somebody asked for that.
    Pause,
    /// Somebody lets it go on after it paused, failed or ran out of time.
    Resume,
}

impl RunStatus {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Running,
        Self::Paused,
        Self::Succeeded,
        Self::Failed,
        Self::Canceled,
        Self::Timeout,
    ];

    /// The one function that says what may happen to a run: the status that it then has, if it may.
    pub fn after(self, transition: Transition) -> Option<Self> {
        use RunStatus::{Canceled, Failed, Paused, Queued, Running, Succeeded, Timeout};
        Some(match (self, transition) {
            (Queued, Transition::Dispatch) => Running,
            (Running, Transition::Requeue) => Queued,
            (Running, Transition::Succeed) => Succeeded,
            (Queued | Running, Transition::Fail) => Failed,
            (Queued | Running, Transition::Expire) => Timeout,
            (Queued | Running | Paused, Transition::Cancel) => Canceled,
            (Queued | Running, Transition::Pause) => Paused,
            (Paused | Failed | Timeout, Transition::Resume) => Queued,
            _ => return None,
        })
    }

    /// Whether nothing happens any more by itself and nobody waits for it: a stream of its events
    /// ends here. Paused runs aren't over.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running | Self::Paused)
    }

    /// The word of the contract: `QUEUED`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Paused => "PAUSED",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Canceled => "CANCELED",
            Self::Timeout => "TIMEOUT",
        }
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RunStatus {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or_else(|| {
            let message = format!("{text:?} is no status of a run: QUEUED, RUNNING, PAUSED, SUCCEEDED, FAILED, CANCELED or TIMEOUT");
            Error::invalid("invalid_status", message)
        })
    }
}

impl Transition {
    /// The statuses from which it may happen.
    pub fn sources(self) -> Vec<RunStatus> {
        let may = |status: &RunStatus| status.after(self).is_some();
        RunStatus::ALL.into_iter().filter(may).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_for_good_stays_as_it_is() {
        let all = [
            Transition::Dispatch,
            Transition::Requeue,
            Transition::Succeed,
            Transition::Fail,
            Transition::Expire,
            Transition::Cancel,
            Transition::Pause,
            Transition::Resume,
        ];
        for transition in all {
            assert_eq!(RunStatus::Succeeded.after(transition), None);
            assert_eq!(RunStatus::Canceled.after(transition), None);
        }
    }

    #[test]
    fn a_cancelled_run_can_neither_succeed_nor_run() {
        assert!(!Transition::Succeed.sources().contains(&RunStatus::Canceled));
        assert_eq!(Transition::Dispatch.sources(), [RunStatus::Queued]);
        assert_eq!(Transition::Succeed.sources(), [RunStatus::Running]);
    }

    #[test]
    fn each_status_survives_its_text() {
        for status in RunStatus::ALL {
            assert_eq!(status.as_str().parse::<RunStatus>().unwrap(), status);
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
    }
}
