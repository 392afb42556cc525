use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::handler::StageProgress;
use crate::state::{Outcome, StatusFile};
use crate::{Error, ErrorKind};

/// What happens at each attempt at each node.
///
/// The attempts of a node are numbered over all visits; beyond the last one in the script, the
/// last one counts, and a node that isn't in the script succeeds. The number comes from the run's
/// journal, so a resumed run goes on in the script where it was.
///
/// ```
/// use attractor_core::Outcome;
/// use attractor_core::testing::Script;
///
/// let script = Script::new().node("build", [Outcome::fail("flaky"), Outcome::success()]);
/// let same = Script::from_json(
///     r#"{"build": [{"outcome": "fail", "failure_reason": "flaky"}, {"outcome": "success"}]}"#,
/// )?;
/// assert_eq!(script, same);
/// # Ok::<(), attractor_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Script {
    nodes: BTreeMap<String, Vec<ScriptedAttempt>>,
}

/// What happens at one attempt: a status as in a `status.json`, and more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScriptedAttempt {
    /// How it ends, if it ends by itself.
    #[serde(flatten)]
    pub status: StatusFile,
    /// What it reports before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<StageProgress>,
    /// How long it takes.
    #[serde(default)]
    pub delay_ms: u64,
    /// What a backend answers; with an answer, the status isn't reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// Whether something else happens in the end.
    #[serde(default)]
    pub act: Act,
}

/// How an attempt ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Act {
    /// With its status.
    #[default]
    Return,
    /// In a panic with the status's notes.
    Panic,
    /// In a transient error with the status's notes.
    TransientError,
    /// In a permanent error with the status's notes.
    TerminalError,
    /// Not at all.
    Never,
    /// Once a steering message has come: a backend answers with it, a handler puts it into the
    /// notes.
    AwaitSteering,
}

impl From<Outcome> for ScriptedAttempt {
    fn from(outcome: Outcome) -> Self {
        Self {
            status: StatusFile::from(&outcome),
            reports: Vec::new(),
            delay_ms: 0,
            response: None,
            act: Act::Return,
        }
    }
}

impl ScriptedAttempt {
    /// Reports something before the end.
    #[must_use]
    pub fn reporting(mut self, report: StageProgress) -> Self {
        self.reports.push(report);
        self
    }

    /// Takes a while.
    #[must_use]
    pub fn after_ms(mut self, delay_ms: u64) -> Self {
        self.delay_ms = delay_ms;
        self
    }

    /// Answers with this text, where it's a backend's.
    #[must_use]
    pub fn answering(mut self, response: impl Into<String>) -> Self {
        self.response = Some(response.into());
        self
    }

    /// Ends in another way.
    #[must_use]
    pub fn act(mut self, act: Act) -> Self {
        self.act = act;
        self
    }
}

impl Script {
    /// A script in which everything succeeds.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a script: an object with a list of attempts for each node.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if the text isn't one.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|error| {
            Error::new(ErrorKind::InvalidInput, "the text isn't a script").with_source(error)
        })
    }

    /// Adds the attempts at a node.
    #[must_use]
    pub fn node<A: Into<ScriptedAttempt>>(
        mut self,
        node: &str,
        attempts: impl IntoIterator<Item = A>,
    ) -> Self {
        let attempts = attempts.into_iter().map(Into::into);
        self.nodes
            .entry(node.to_owned())
            .or_default()
            .extend(attempts);
        self
    }

    /// What happens at an attempt, counted from 1 over all visits of the node.
    pub fn attempt(&self, node: &str, execution: u32) -> ScriptedAttempt {
        let attempts = self.nodes.get(node).map(Vec::as_slice).unwrap_or_default();
        let place = usize::try_from(execution.saturating_sub(1)).unwrap_or(usize::MAX);
        let attempt = attempts.get(place).or(attempts.last());
        attempt
            .cloned()
            .unwrap_or_else(|| Outcome::success().into())
    }
}
