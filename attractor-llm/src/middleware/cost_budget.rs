//! A limit in money over many calls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures::StreamExt as _;

use super::response_cache::is_cached;
use super::{Middleware, Next};
use crate::catalog::{self, Cost};
use crate::error::{Error, ErrorKind};
use crate::types::{EventStream, Request, Response, StreamEvent, Usage};

/// Refuses calls once they have cost so much, by the prices of the [catalog](crate::catalog).
///
/// Clones share what was spent. A call is charged when its answer is complete, so those under way
/// at the same time may go over the limit together; with [`reserve`](Self::reserve) each sets money
/// aside while it runs. A model without a known price is refused, unless
/// [`allow_unpriced`](Self::allow_unpriced) lets it through for nothing. Answers that a
/// [`ResponseCache`](super::ResponseCache) gave cost nothing. A call that breaks off is charged what
/// its partial response tells; one that is dropped isn't charged, as nobody told what it used.
///
/// A refusal is an error of kind [`ErrorKind::QuotaExceeded`] with the code `cost_budget`, which no
/// retry helps.
///
/// ```
/// use attractor_llm::testing::{Script, ScriptedProvider, Turn};
/// use attractor_llm::{Client, CostBudget, ErrorKind, Message, Request};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let model = ScriptedProvider::new(Script::new().turn(Turn::text("Hi").usage(100_000, 0).repeat()));
/// let budget = CostBudget::new("$0.05".parse()?);
/// let client = Client::builder().provider(model).middleware(budget.clone()).build()?;
///
/// let ask = || Request::new("claude-haiku-4-5", vec![Message::user("Hello")]);
/// client.complete(ask()).await?;
/// assert_eq!(budget.spent().to_string(), "$0.10");
/// assert_eq!(client.complete(ask()).await.unwrap_err().kind(), ErrorKind::QuotaExceeded);
/// # Ok::<(), attractor_llm::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CostBudget {
    limit: Cost,
    per_call: Cost,
    allows_unpriced: bool,
    account: Arc<Mutex<Account>>,
}

#[derive(Debug, Default)]
struct Account {
    spent: Cost,
    /// What calls under way have set aside.
    reserved: u64,
}

impl CostBudget {
    /// A budget of which nothing is spent.
    #[must_use]
    pub fn new(limit: Cost) -> Self {
        Self {
            limit,
            per_call: Cost::ZERO,
            allows_unpriced: false,
            account: Arc::default(),
        }
    }

    /// Sets money aside for each call while it runs; a call that this isn't left for is refused.
    #[must_use]
    pub fn reserve(mut self, per_call: Cost) -> Self {
        self.per_call = per_call;
        self
    }

    /// Lets models without a known price through, and counts them as free.
    #[must_use]
    pub fn allow_unpriced(mut self) -> Self {
        self.allows_unpriced = true;
        self
    }

    /// The limit.
    #[must_use]
    pub fn limit(&self) -> Cost {
        self.limit
    }

    /// What was spent by this budget and its clones.
    #[must_use]
    pub fn spent(&self) -> Cost {
        self.account().spent
    }

    /// Checks that the call may be made and sets its money aside.
    fn admit(&self, request: &Request) -> Result<Charge, Error> {
        let model = Priced::of(request);
        if !self.allows_unpriced && model.cost(None, &Usage::default()).is_none() {
            let message = format!(
                "the price of the model {:?} isn't known, so the cost budget of {} can't be kept",
                request.model, self.limit
            );
            return Err(refusal(request, message));
        }
        let mut account = self.account();
        let committed = account.spent + Cost::from_micro_usd(account.reserved);
        if committed >= self.limit || committed + self.per_call > self.limit {
            let aside = match account.reserved {
                0 => String::new(),
                reserved => format!(", {} set aside", Cost::from_micro_usd(reserved)),
            };
            let message = format!(
                "the cost budget of {} is used up: {} spent{aside}",
                self.limit, account.spent
            );
            return Err(refusal(request, message));
        }
        account.reserved += self.per_call.micro_usd();
        drop(account);
        Ok(Charge {
            budget: self.clone(),
            model,
        })
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Middleware for CostBudget {
    async fn complete(&self, request: Request, next: Next<'_>) -> Result<Response, Error> {
        let charge = self.admit(&request)?;
        let result = next.complete(request).await;
        charge.settle(result.as_ref());
        result
    }

    async fn stream(&self, request: Request, next: Next<'_>) -> Result<EventStream, Error> {
        let charge = self.admit(&request)?;
        let events = next.stream(request).await;
        if let Err(error) = &events {
            charge.settle(Err(error));
        }
        Ok(events?
            .inspect(move |event| match event {
                Ok(StreamEvent::Finish { response, .. }) => charge.settle(Ok(response)),
                Ok(_) => {}
                Err(error) => charge.settle(Err(error)),
            })
            .boxed())
    }
}

/// A call under way; gives back what was set aside when it is dropped.
struct Charge {
    budget: CostBudget,
    model: Priced,
}

impl Charge {
    fn settle(&self, result: Result<&Response, &Error>) {
        let Some(response) = result.map_or_else(Error::partial_response, Some) else {
            return;
        };
        if is_cached(response) {
            return;
        }
        let cost = self.model.cost(Some(response), &response.usage);
        self.budget.account().spent += cost.unwrap_or_default();
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.account().reserved -= self.budget.per_call.micro_usd();
    }
}

/// The model that was asked for, by the names that the catalog may know it by.
struct Priced {
    qualified: String,
    plain: String,
}

impl Priced {
    fn of(request: &Request) -> Self {
        Self {
            qualified: qualified(request.provider.as_deref(), &request.model),
            plain: request.model.clone(),
        }
    }

    /// By the price of the model that answered, if it is known, else of the one that was asked.
    fn cost(&self, response: Option<&Response>, usage: &Usage) -> Option<Cost> {
        let answered =
            response.map(|response| qualified(Some(&response.provider), &response.model));
        let mut names = answered.iter().chain([&self.qualified, &self.plain]);
        names.find_map(|name| catalog::cost(name, usage))
    }
}

fn qualified(provider: Option<&str>, model: &str) -> String {
    format!("{}/{model}", provider.unwrap_or_default())
}

fn refusal(request: &Request, message: String) -> Error {
    let error = Error::new(ErrorKind::QuotaExceeded, message).with_error_code("cost_budget");
    match &request.provider {
        Some(provider) => error.with_provider(provider),
        None => error,
    }
}
