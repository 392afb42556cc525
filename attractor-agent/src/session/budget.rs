//! What sessions may spend together: a handle that a session shares with its subagents.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use attractor_llm::Usage;
use tokio::time::Instant;

use crate::event::LimitKind;

/// What may be spent; no limit where a field is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BudgetLimits {
    /// Cost in millionths of a US dollar, as far as the models' prices are known.
    pub max_cost_micro_usd: Option<u64>,
    /// Tokens of all prompts and answers.
    pub max_tokens: Option<u64>,
    /// Answers of models.
    pub max_turns: Option<u64>,
    /// The time in which at least one session works on an input.
    pub max_wall_time: Option<Duration>,
}

impl BudgetLimits {
    /// No limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Limits the cost, in millionths of a US dollar.
    #[must_use]
    pub fn max_cost_micro_usd(mut self, micro_usd: u64) -> Self {
        self.max_cost_micro_usd = Some(micro_usd);
        self
    }

    /// Limits the tokens of all prompts and answers.
    #[must_use]
    pub fn max_tokens(mut self, tokens: u64) -> Self {
        self.max_tokens = Some(tokens);
        self
    }

    /// Limits the answers of models.
    #[must_use]
    pub fn max_turns(mut self, turns: u64) -> Self {
        self.max_turns = Some(turns);
        self
    }

    /// Limits the time in which at least one session works.
    #[must_use]
    pub fn max_wall_time(mut self, time: Duration) -> Self {
        self.max_wall_time = Some(time);
        self
    }
}

/// What was spent of a [`Budget`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spent {
    /// Cost in millionths of a US dollar, as far as the models' prices are known.
    pub cost_micro_usd: u64,
    /// Tokens of all prompts and answers.
    pub tokens: u64,
    /// Answers of models.
    pub turns: u64,
    /// The time in which at least one session worked on an input.
    pub wall_time: Duration,
}

impl Spent {
    pub(super) fn add(&mut self, usage: &Usage, cost_micro_usd: Option<u64>) {
        let tokens = usage.total_tokens.saturating_add(usage.input_tokens_beside);
        self.tokens = self.tokens.saturating_add(tokens);
        self.cost_micro_usd = self
            .cost_micro_usd
            .saturating_add(cost_micro_usd.unwrap_or(0));
        self.turns += 1;
    }
}

/// Cost, tokens, turns and time that sessions may spend; a cheap clone that shares one account.
///
/// A session looks at it before each request to its model, so the last request may go beyond a
/// limit. What a [`child`](Self::child) spends its parent has spent as well, and a limit reached
/// by the parent ends the child's work, too.
///
/// ```
/// use attractor_agent::{Budget, BudgetLimits, SessionConfig};
///
/// let task = Budget::new(BudgetLimits::new().max_cost_micro_usd(2_000_000));
/// let review = SessionConfig::new().budget(task.child(BudgetLimits::new().max_turns(20)));
/// let rest = SessionConfig::new().budget(task.clone());
/// assert_eq!(task.spent().turns, 0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Budget(Arc<Account>);

#[derive(Debug, Default)]
struct Account {
    limits: BudgetLimits,
    parent: Option<Budget>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    spent: Spent,
    /// How many sessions work, and since when any does.
    working: usize,
    since: Option<Instant>,
}

impl Budget {
    /// A budget with these limits.
    #[must_use]
    pub fn new(limits: BudgetLimits) -> Self {
        Self(Arc::new(Account {
            limits,
            ..Account::default()
        }))
    }

    /// A budget that takes from this one and has limits of its own.
    #[must_use]
    pub fn child(&self, limits: BudgetLimits) -> Self {
        Self(Arc::new(Account {
            limits,
            parent: Some(self.clone()),
            state: Mutex::default(),
        }))
    }

    /// Its own limits.
    #[must_use]
    pub fn limits(&self) -> BudgetLimits {
        self.0.limits
    }

    /// What was spent so far, by children as well.
    #[must_use]
    pub fn spent(&self) -> Spent {
        let state = self.state();
        let now = state.since.map(|since| since.elapsed());
        let mut spent = state.spent;
        spent.wall_time += now.unwrap_or_default();
        spent
    }

    /// The first limit that is reached, this budget's or a parent's, with its value: wall time in
    /// milliseconds.
    #[must_use]
    pub fn reached(&self) -> Option<(LimitKind, u64)> {
        let (limits, spent) = (self.0.limits, self.spent());
        let table = [
            (
                LimitKind::Cost,
                limits.max_cost_micro_usd,
                spent.cost_micro_usd,
            ),
            (LimitKind::Tokens, limits.max_tokens, spent.tokens),
            (LimitKind::Turns, limits.max_turns, spent.turns),
            (
                LimitKind::WallTime,
                limits.max_wall_time.map(milliseconds),
                milliseconds(spent.wall_time),
            ),
        ];
        let reached = |(kind, limit, spent): (_, Option<u64>, u64)| {
            limit
                .filter(|&limit| spent >= limit)
                .map(|limit| (kind, limit))
        };
        let parent = || self.0.parent.as_ref().and_then(Self::reached);
        table.into_iter().find_map(reached).or_else(parent)
    }

    /// Whether a limit of cost stands anywhere up the line.
    pub(super) fn limits_cost(&self) -> bool {
        self.line()
            .any(|budget| budget.0.limits.max_cost_micro_usd.is_some())
    }

    /// Notes an answer of a model: its tokens and, where the price is known, its cost.
    pub fn charge(&self, usage: &Usage, cost_micro_usd: Option<u64>) {
        for budget in self.line() {
            budget.state().spent.add(usage, cost_micro_usd);
        }
    }

    /// Notes what was spent before a session was resumed.
    pub(super) fn carry_over(&self, before: Spent) {
        for budget in self.line() {
            let spent = &mut budget.state().spent;
            spent.cost_micro_usd = spent.cost_micro_usd.saturating_add(before.cost_micro_usd);
            spent.tokens = spent.tokens.saturating_add(before.tokens);
            spent.turns = spent.turns.saturating_add(before.turns);
            spent.wall_time = spent.wall_time.saturating_add(before.wall_time);
        }
    }

    /// Notes that a session works, until the guard is dropped.
    pub(super) fn work(&self) -> Working {
        for budget in self.line() {
            let mut state = budget.state();
            state.working += 1;
            state.since.get_or_insert_with(Instant::now);
        }
        Working(self.clone())
    }

    /// This budget and those it takes from.
    fn line(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |budget| budget.0.parent.as_ref())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session that works: while there is one, wall time is spent.
#[derive(Debug)]
pub(super) struct Working(Budget);

impl Drop for Working {
    fn drop(&mut self) {
        for budget in self.0.line() {
            let mut state = budget.state();
            state.working -= 1;
            if state.working == 0 {
                let worked = state.since.take().map(|since| since.elapsed());
                state.spent.wall_time += worked.unwrap_or_default();
            }
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_takes_from_its_parent_and_is_stopped_with_it() {
        let parent = Budget::new(BudgetLimits::new().max_tokens(300));
        let first = parent.child(BudgetLimits::new().max_cost_micro_usd(5));
        let second = parent.child(BudgetLimits::new());
        first.charge(&Usage::new(100, 50), Some(5));
        assert_eq!(first.reached(), Some((LimitKind::Cost, 5)));
        assert_eq!((parent.reached(), second.reached()), (None, None));
        second.charge(&Usage::new(100, 50), None);
        assert_eq!(second.reached(), Some((LimitKind::Tokens, 300)));
        assert_eq!(first.spent().tokens, 150);
        assert_eq!(
            (parent.spent().turns, parent.spent().cost_micro_usd),
            (2, 5)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn time_counts_once_while_any_session_works() {
        let second = Duration::from_secs(1);
        let parent = Budget::new(BudgetLimits::new().max_wall_time(3 * second));
        let child = parent.child(BudgetLimits::new());
        let (of_parent, of_child) = (parent.work(), child.work());
        tokio::time::advance(second).await;
        drop(of_parent);
        tokio::time::advance(second).await;
        drop(of_child);
        tokio::time::advance(60 * second).await;
        assert_eq!(parent.spent().wall_time, 2 * second);
        assert_eq!(child.spent().wall_time, 2 * second);
        let _working = child.work();
        tokio::time::advance(second).await;
        assert_eq!(child.reached(), Some((LimitKind::WallTime, 3_000)));
    }
}
