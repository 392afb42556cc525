#![expect(clippy::unwrap_used, reason = "a suite fails by panicking")]

use std::collections::BTreeSet;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::join;

use crate::domain::RunId;
use crate::queue::Queue;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// What every [`Queue`] must satisfy. Runs are pushed on `one` and popped on both: the same queue, or
/// that and another server's. It's empty at first.
///
/// # Panics
///
/// If the queue doesn't satisfy it.
pub async fn queue_suite(one: &dyn Queue, other: &dyn Queue) {
    what_is_pushed_is_kept_in_order(one, other).await;
    who_waits_is_woken(one, other).await;
    each_run_is_given_to_one(one, other).await;
    waiting_in_vain_loses_nothing(one, other).await;
}

async fn what_is_pushed_is_kept_in_order(one: &dyn Queue, other: &dyn Queue) {
    let runs = [RunId::new(), RunId::new(), RunId::new()];
    for run in &runs {
        one.push(run).await.unwrap();
    }
    for run in &runs {
        assert_eq!(other.pop(PATIENCE).await.unwrap().as_ref(), Some(run));
    }
    assert_eq!(other.pop(Duration::ZERO).await.unwrap(), None, "it's empty");
}

async fn who_waits_is_woken(one: &dyn Queue, other: &dyn Queue) {
    let run = RunId::new();
    let push = async {
        tokio::task::yield_now().await;
        one.push(&run).await
    };
    let (popped, pushed) = join(other.pop(PATIENCE), push).await;
    pushed.unwrap();
    assert_eq!(popped.unwrap(), Some(run));
}

async fn each_run_is_given_to_one(one: &dyn Queue, other: &dyn Queue) {
    let runs: BTreeSet<RunId> = (0..100).map(|_| RunId::new()).collect();
    let push = async {
        for run in &runs {
            one.push(run).await.unwrap();
        }
    };
    let pop = async |queue: &dyn Queue| {
        let mut popped = Vec::new();
        for _ in 0..runs.len() / 2 {
            popped.extend(queue.pop(PATIENCE).await.unwrap());
        }
        popped
    };
    let (((), mine), others) = join(join(push, pop(one)), pop(other)).await;
    assert_eq!((mine.len(), others.len()), (50, 50), "all are given");
    let given: BTreeSet<RunId> = mine.into_iter().chain(others).collect();
    assert_eq!(given, runs, "each is given once");
}

async fn waiting_in_vain_loses_nothing(one: &dyn Queue, other: &dyn Queue) {
    assert_eq!(other.pop(Duration::from_millis(1)).await.unwrap(), None);
    assert!(other.pop(PATIENCE).now_or_never().is_none(), "it waits");
    let run = RunId::new();
    one.push(&run).await.unwrap();
    assert_eq!(other.pop(PATIENCE).await.unwrap(), Some(run));
}
