use std::fmt;

/// Why a runner doesn't bring its run to its end.
#[derive(Debug)]
pub(super) enum Failure {
    /// The run has failed, for a reason that is told.
    Run(String),
    /// The pipeline met a limit, which is named; the run can go on.
    Paused(String),
    /// The process stops; [`Stop`](super::stop::Stop) knows why.
    Stopped,
}

impl Failure {
    pub(super) fn run(text: impl Into<String>) -> Self {
        Self::Run(text.into())
    }

    /// The run has failed for an error of the engine's, which is told with what has caused it.
    pub(super) fn engine(what: &str, error: &attractor_core::Error) -> Self {
        let mut text = format!("{what}: {error}");
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            text.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        Self::Run(text)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(text) | Self::Paused(text) => f.write_str(text),
            Self::Stopped => f.write_str("the runner stops"),
        }
    }
}

impl std::error::Error for Failure {}
