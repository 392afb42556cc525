use std::fmt;

use super::StepResult;

type Predicate = Box<dyn Fn(&[StepResult]) -> bool + Send + Sync>;

/// When a tool loop ends before the model is done or the rounds are used up.
///
/// It is asked after each step whose tools were executed, with all steps so far.
///
/// ```
/// use attractor_llm::StopCondition;
///
/// let expensive = StopCondition::new(|steps| {
///     steps.iter().map(|step| step.usage.output_tokens).sum::<u64>() > 50_000
/// });
/// let stop = StopCondition::tool_called("finish").or(expensive);
/// ```
///
/// Source: unified-llm-spec 4.3 and 5.6.
pub struct StopCondition(Predicate);

impl StopCondition {
    /// Stops where `predicate` holds.
    #[must_use]
    pub fn new(predicate: impl Fn(&[StepResult]) -> bool + Send + Sync + 'static) -> Self {
        Self(Box::new(predicate))
    }

    /// Stops after `steps` requests to the model.
    #[must_use]
    pub fn step_count(steps: usize) -> Self {
        Self::new(move |done| done.len() >= steps)
    }

    /// Stops once the latest step has called the tool `name`.
    #[must_use]
    pub fn tool_called(name: impl Into<String>) -> Self {
        let name = name.into();
        Self::new(move |steps| {
            let calls = steps.last().map(|step| step.tool_calls.as_slice());
            calls
                .unwrap_or_default()
                .iter()
                .any(|call| call.name == name)
        })
    }

    /// Stops where either holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::new(move |steps| self.holds(steps) || other.holds(steps))
    }

    /// Stops where both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(move |steps| self.holds(steps) && other.holds(steps))
    }

    pub(super) fn holds(&self, steps: &[StepResult]) -> bool {
        (self.0)(steps)
    }
}

impl fmt::Debug for StopCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopCondition").finish_non_exhaustive()
    }
}
