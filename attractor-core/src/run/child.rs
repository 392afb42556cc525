use super::usage::UsageTotals;

/// What a run knows about the child run of a stage that it executes: enough to go on with it
/// after a crash as if nothing had happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildState {
    /// The child run.
    pub run_id: String,
    /// What of the child's usage is in the run's totals.
    pub usage: UsageTotals,
    /// Whether the present attempt of the stage has begun to execute it.
    pub begun: bool,
    /// Cycles of the manager that supervises it.
    pub cycle: u32,
}

impl ChildState {
    /// A child run of which nothing was reported yet.
    pub fn new(run_id: impl Into<String>) -> Self {
        Self {
            run_id: run_id.into(),
            ..Self::default()
        }
    }
}
