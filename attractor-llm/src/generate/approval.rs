/// Whether a tool call may be executed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Approval {
    /// It may.
    Approved,
    /// It may not; the model is told why.
    Denied {
        /// Why not, for the model.
        reason: String,
    },
}

impl Approval {
    /// It may not, for this reason.
    #[must_use]
    pub fn denied(reason: impl Into<String>) -> Self {
        Self::Denied {
            reason: reason.into(),
        }
    }
}
