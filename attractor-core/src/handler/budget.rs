use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::run::{BudgetLimits, Limit, LimitReached, Spent, UsageTotals};

/// What a run may still use, while it is executed. Cheap to clone: all clones are one account, and
/// the branches of a run share it.
///
/// A backend asks before it calls a model and before each tool call, and returns the error if
/// there is one, which pauses the run:
///
/// ```
/// # use attractor_core::{Budget, Error};
/// # use attractor_core::run::Limit;
/// # fn call(budget: &Budget) -> Result<(), Error> {
/// budget.check(Limit::OF_MODEL_CALLS)?;
/// # Ok(())
/// # }
/// ```
///
/// What is used is counted when it's reported to the stage's
/// [`progress`](super::StageContext::progress), so that it counts once.
#[derive(Clone, Debug, Default)]
pub struct Budget(Arc<Account>);

#[derive(Debug, Default)]
struct Account {
    limits: BudgetLimits,
    /// That of the run above, whose limits are this run's too.
    above: Option<Budget>,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    usage: UsageTotals,
    steps: u64,
    /// How long earlier processes executed the run.
    before: Duration,
    began: Option<Instant>,
}

impl Budget {
    /// A budget of which nothing is used yet.
    #[must_use]
    pub fn new(limits: BudgetLimits) -> Self {
        Self(Arc::new(Account {
            limits,
            ..Account::default()
        }))
    }

    /// The budget of a run within this one: it has limits of its own, and these stand too.
    pub(crate) fn child(above: Option<Self>, limits: BudgetLimits) -> Self {
        Self(Arc::new(Account {
            limits,
            above,
            ..Account::default()
        }))
    }

    /// Whether one of these limits, of the run or of one above it, is reached.
    ///
    /// # Errors
    ///
    /// The first limit that is.
    pub fn check(&self, limits: &[Limit]) -> Result<(), LimitReached> {
        if limits.is_empty() {
            return Ok(());
        }
        self.0.limits.check(&self.spent(), limits)?;
        let above = self.0.above.as_ref();
        above.map_or(Ok(()), |above| above.check(limits))
    }

    /// What is left of each limit, the runs above included; nothing where there is no limit.
    #[must_use]
    pub fn remaining(&self) -> BudgetLimits {
        let own = self.0.limits.less(&self.spent());
        let above = self.0.above.as_ref();
        above.map_or(own, |above| own.min(above.remaining()))
    }

    /// What the run has used, its child pipelines included.
    #[must_use]
    pub fn spent(&self) -> Spent {
        let book = self.book();
        let now = book.began.map_or(Duration::ZERO, |began| began.elapsed());
        let milliseconds = (book.before + now).as_millis();
        Spent::new(&book.usage, book.steps).lasting(u64::try_from(milliseconds).unwrap_or(u64::MAX))
    }

    /// When the time of the run, or of one above it, is up.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let book = self.book();
        let max = self.0.limits.max_duration_ms.map(Duration::from_millis);
        let own = max.and_then(|max| book.began?.checked_add(max.saturating_sub(book.before)));
        drop(book);
        let above = self.0.above.as_ref().and_then(Self::deadline);
        own.into_iter().chain(above).min()
    }

    /// Starts the clock, with what was used before.
    pub(crate) fn begin(&self, usage: UsageTotals, steps: u64, before: Duration) {
        *self.book() = Book {
            usage,
            steps,
            before,
            began: Some(Instant::now()),
        };
    }

    /// Counts what was used.
    pub(crate) fn charge(&self, usage: &UsageTotals) {
        self.book().usage.add(usage);
    }

    /// Sets how many stages the run itself has executed.
    pub(crate) fn set_steps(&self, steps: u64) {
        self.book().steps = steps;
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // No code that holds the lock can panic between two changes that belong together.
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
