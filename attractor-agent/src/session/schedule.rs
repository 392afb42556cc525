//! Which calls of a round run at the same time.

use futures::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};

use crate::{limits, tool::Access};

/// Runs one piece of work for each access and returns what came of them in that order.
///
/// A piece starts when those before it that it doesn't go with are done, and [`limits`] allows
/// one more: so what conflicts happens in order, one after the other.
pub(super) async fn run<'a, T>(
    accesses: &[Access],
    work: impl Fn(usize) -> BoxFuture<'a, T>,
) -> Vec<T> {
    let mut waiting: Vec<usize> = (0..accesses.len()).collect();
    let mut running = FuturesUnordered::new();
    let mut unfinished = vec![true; accesses.len()];
    let mut results: Vec<Option<T>> = accesses.iter().map(|_| None).collect();
    loop {
        let free = limits::PARALLEL_TOOL_CALLS - running.len();
        let may_start = |&index: &usize| {
            let before = accesses[..index].iter().zip(&unfinished);
            before
                .filter(|(_, unfinished)| **unfinished)
                .all(|(earlier, _)| earlier.goes_with(&accesses[index]))
        };
        let now: Vec<usize> = waiting
            .iter()
            .copied()
            .filter(may_start)
            .take(free)
            .collect();
        waiting.retain(|index| !now.contains(index));
        for index in now {
            let work = work(index);
            running.push(async move { (index, work.await) });
        }
        let Some((index, result)) = running.next().await else {
            return results.into_iter().flatten().collect();
        };
        unfinished[index] = false;
        results[index] = Some(result);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures::FutureExt as _;
    use proptest::prelude::*;
    use tokio::{runtime::Builder, task::yield_now};

    use super::*;
    use crate::tool::Places;

    fn access() -> impl Strategy<Value = Access> {
        let paths = proptest::collection::vec("/[ab](/[ab])?", 0..3).prop_map(Places::Paths);
        let places = prop_oneof![Just(Places::Anywhere), paths];
        (any::<bool>(), places).prop_map(|(writes, places)| match writes {
            true => Access::Writes(places),
            false => Access::Reads(places),
        })
    }

    proptest! {
        #[test]
        fn what_conflicts_happens_in_order_and_never_at_the_same_time(
            calls in proptest::collection::vec((access(), 0..5_usize), 0..20),
        ) {
            let accesses: Vec<Access> = calls.iter().map(|(access, _)| access.clone()).collect();
            let (running, started) = (Mutex::new(Vec::<usize>::new()), Mutex::new(Vec::new()));
            let work = |index: usize| {
                let (running, started) = (&running, &started);
                let steps = calls[index].1;
                async move {
                    started.lock().unwrap().push(index);
                    running.lock().unwrap().push(index);
                    for _ in 0..steps {
                        yield_now().await;
                    }
                    let now = running.lock().unwrap().clone();
                    running.lock().unwrap().retain(|&other| other != index);
                    now
                }.boxed()
            };
            let beside = Builder::new_current_thread().build().unwrap().block_on(run(&accesses, work));
            prop_assert_eq!(beside.len(), calls.len());
            for (index, others) in beside.iter().enumerate() {
                prop_assert!(others.contains(&index) && others.len() <= limits::PARALLEL_TOOL_CALLS);
                for &other in others.iter().filter(|&&other| other != index) {
                    prop_assert!(accesses[index].goes_with(&accesses[other]));
                }
            }
            let started = started.into_inner().unwrap();
            for (at, &later) in started.iter().enumerate() {
                for &earlier in &started[at..] {
                    prop_assert!(earlier >= later || accesses[earlier].goes_with(&accesses[later]));
                }
            }
        }
    }
}
