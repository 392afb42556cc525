use serde::{Deserialize, Serialize};

use super::{Limit, LimitReached, Spent};
use crate::graph::{AttrValue, GraphAttrs};

/// What a run may use in all, its branches and child pipelines included; nothing is no limit.
///
/// A limit of N allows N: it is reached when N is used up, and stands against the next that would
/// be begun, never against what is being done.
///
/// ```
/// use attractor_core::BudgetLimits;
///
/// let flags = BudgetLimits::new().with_max_tokens(50_000);
/// let graph = BudgetLimits::new().with_max_tokens(10_000).with_max_tool_calls(200);
/// let both = flags.or(graph);
/// assert_eq!((both.max_tokens, both.max_tool_calls), (Some(50_000), Some(200)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BudgetLimits {
    /// What the models may cost, in millionths of a US dollar; as far as prices are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_cost_micro_usd: Option<u64>,
    /// Tokens of requests and answers together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// How long the run may be executed, in milliseconds; time in which no process executes it
    /// doesn't count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_duration_ms: Option<u64>,
    /// Visits of nodes, the exit not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u64>,
    /// Tool calls of models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tool_calls: Option<u64>,
}

impl BudgetLimits {
    /// No limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// The limits that a graph's attributes set: `max_cost_usd`, `max_tokens`, `max_duration` and
    /// `max_tool_calls`. Its `max_steps` is another thing: a bound on loops, at which a run fails.
    pub fn of(graph: &GraphAttrs) -> Self {
        let count = |name: &str| match graph.attr(name) {
            Some(AttrValue::Integer(count)) => u64::try_from(*count).ok(),
            _ => None,
        };
        let duration = |name: &str| match graph.attr(name) {
            Some(AttrValue::Duration(duration)) => u64::try_from(duration.as_millis()).ok(),
            _ => None,
        };
        Self {
            max_cost_micro_usd: graph.attr("max_cost_usd").and_then(micro_usd),
            max_tokens: count("max_tokens"),
            max_duration_ms: duration("max_duration"),
            max_steps: None,
            max_tool_calls: count("max_tool_calls"),
        }
    }

    /// These limits, and the others where these say nothing.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        self.merged(others, Option::or)
    }

    /// The lower one of each limit.
    #[must_use]
    pub fn min(self, others: Self) -> Self {
        self.merged(others, |a, b| a.into_iter().chain(b).min())
    }

    fn merged(self, others: Self, merge: impl Fn(Option<u64>, Option<u64>) -> Option<u64>) -> Self {
        Self {
            max_cost_micro_usd: merge(self.max_cost_micro_usd, others.max_cost_micro_usd),
            max_tokens: merge(self.max_tokens, others.max_tokens),
            max_duration_ms: merge(self.max_duration_ms, others.max_duration_ms),
            max_steps: merge(self.max_steps, others.max_steps),
            max_tool_calls: merge(self.max_tool_calls, others.max_tool_calls),
        }
    }

    /// What is left of each limit.
    #[must_use]
    pub fn less(self, spent: &Spent) -> Self {
        let left = |limit: Limit| {
            let max = self.get(limit)?;
            Some(max.saturating_sub(spent.get(limit)))
        };
        Self {
            max_cost_micro_usd: left(Limit::MaxCost),
            max_tokens: left(Limit::MaxTokens),
            max_duration_ms: left(Limit::MaxDuration),
            max_steps: left(Limit::MaxSteps),
            max_tool_calls: left(Limit::MaxToolCalls),
        }
    }

    /// One of the limits, in the unit of its field.
    #[must_use]
    pub fn get(&self, limit: Limit) -> Option<u64> {
        match limit {
            Limit::MaxCost => self.max_cost_micro_usd,
            Limit::MaxTokens => self.max_tokens,
            Limit::MaxDuration => self.max_duration_ms,
            Limit::MaxSteps => self.max_steps,
            Limit::MaxToolCalls => self.max_tool_calls,
        }
    }

    /// The first of these limits that is reached.
    ///
    /// # Errors
    ///
    /// That limit.
    pub fn check(&self, spent: &Spent, limits: &[Limit]) -> Result<(), LimitReached> {
        for &limit in limits {
            if let Some(max) = self.get(limit).filter(|max| spent.get(limit) >= *max) {
                let spent = spent.get(limit);
                return Err(LimitReached { limit, spent, max });
            }
        }
        Ok(())
    }

    /// Sets what the models may cost, in millionths of a US dollar.
    #[must_use]
    pub fn with_max_cost_micro_usd(mut self, micro_usd: u64) -> Self {
        self.max_cost_micro_usd = Some(micro_usd);
        self
    }

    /// Sets how many tokens the models may use.
    #[must_use]
    pub fn with_max_tokens(mut self, tokens: u64) -> Self {
        self.max_tokens = Some(tokens);
        self
    }

    /// Sets how long the run may be executed, in milliseconds.
    #[must_use]
    pub fn with_max_duration_ms(mut self, milliseconds: u64) -> Self {
        self.max_duration_ms = Some(milliseconds);
        self
    }

    /// Sets how many nodes may be visited.
    #[must_use]
    pub fn with_max_steps(mut self, steps: u64) -> Self {
        self.max_steps = Some(steps);
        self
    }

    /// Sets how many tools the models may call.
    #[must_use]
    pub fn with_max_tool_calls(mut self, calls: u64) -> Self {
        self.max_tool_calls = Some(calls);
        self
    }
}

/// A number of dollars, or its text, in millionths.
fn micro_usd(value: &AttrValue) -> Option<u64> {
    let dollars: f64 = value.to_string().parse().ok()?;
    let micro = (dollars * 1e6).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be within the range"
    )]
    (0.0..1e15).contains(&micro).then_some(micro as u64)
}
