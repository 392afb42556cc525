//! The loop that looks after runs that are executed.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::mem;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use serde_json::json;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::limits::{EXPIRED, UNAVAILABLE};
use super::{Dispatcher, is_too_late};
use crate::domain::{Error, Run, RunId, RunStatus, Transition, event_type};
use crate::runner::Observation;
use crate::store::{Change, Fence, LeasedRun, StopRequest};

/// An attempt at a run.
type Attempt = (RunId, i64);

/// What a look has found that may have to be seen to.
#[derive(Debug)]
enum Found {
    /// A run of this server's.
    Own(LeasedRun),
    /// A run whose lease is over, of whichever server.
    Expired(LeasedRun),
    /// A process without a lease of this server's.
    Stray(Attempt),
}

/// Attempts that are being seen to: each by one at a time, so that one that takes its time to end
/// holds up no other.
#[derive(Default)]
struct UnderWay<'a> {
    attempts: BTreeSet<Attempt>,
    work: FuturesUnordered<BoxFuture<'a, (Attempt, bool)>>,
    /// Whether something failed since it was last asked.
    has_failed: bool,
}

impl<'a> UnderWay<'a> {
    fn begin(&mut self, dispatcher: &'a Dispatcher, found: BTreeMap<Attempt, Found>) {
        for (attempt, found) in found {
            if self.attempts.insert(attempt.clone()) {
                self.work.push(Box::pin(async move {
                    let is_done = dispatcher.see_to(found).await;
                    (attempt, is_done)
                }));
            }
        }
    }

    /// Goes on with all of them, for ever.
    async fn go_on(&mut self) {
        while let Some((attempt, is_done)) = self.work.next().await {
            self.attempts.remove(&attempt);
            self.has_failed |= !is_done;
        }
        pending().await
    }

    /// Goes on until none is left.
    async fn finish(&mut self) {
        while self.work.next().await.is_some() {}
    }
}

impl Dispatcher {
    pub(super) async fn watch_all(&self, shutdown: &CancellationToken) {
        // A server that was away has heard no heartbeats: those who live get the time for one.
        let mut heard_since = Instant::now();
        let mut under_way = UnderWay::default();
        while !shutdown.is_cancelled() {
            if mem::take(&mut under_way.has_failed) || self.writes.are_stuck(Instant::now()) {
                // What couldn't be written here couldn't be for a heartbeat either.
                heard_since = Instant::now();
            }
            let may_expire = heard_since.elapsed() >= self.config.lease;
            match self.find(may_expire).await {
                Ok(found) => under_way.begin(self, found),
                Err(error) => {
                    tracing::warn!(%error, "can't look after runs");
                    heard_since = Instant::now();
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.woken.notified() => {}
                () = sleep(self.config.look) => {}
                () = under_way.go_on() => {}
            }
        }
        under_way.finish().await;
    }

    /// One look at everything that runs, to its end.
    #[cfg(test)]
    pub(super) async fn look(&self, may_expire: bool) -> Result<(), Error> {
        let mut under_way = UnderWay::default();
        under_way.begin(self, self.find(may_expire).await?);
        under_way.finish().await;
        Ok(())
    }

    async fn find(&self, may_expire: bool) -> Result<BTreeMap<Attempt, Found>, Error> {
        let store = &self.parts.store;
        let attempt_of = |leased: &LeasedRun| (leased.run.id.clone(), leased.run.attempt);
        let strays = self.parts.runner.attempts().await?.into_iter();
        let mut found: BTreeMap<_, _> = strays
            .map(|attempt| (attempt.clone(), Found::Stray(attempt)))
            .collect();
        // After the processes: one that was started since has a lease.
        let own = store.leased_by(&self.config.owner).await?.into_iter();
        found.extend(own.map(|leased| (attempt_of(&leased), Found::Own(leased))));
        if may_expire {
            let expired = store.expired(self.now(), EXPIRED).await?.into_iter();
            found.extend(expired.map(|leased| (attempt_of(&leased), Found::Expired(leased))));
        }
        Ok(found)
    }

    /// What fails for one run is no reason not to look after the others; it's tried again at the next
    /// look. Says whether it's done.
    async fn see_to(&self, found: Found) -> bool {
        let done = match &found {
            Found::Own(leased) => self.look_at(leased).await.map(drop),
            Found::Expired(leased) => self.give_up(leased).await,
            Found::Stray((run, attempt)) => self.end_if_over(run, *attempt).await,
        };
        if let Err(error) = &done {
            tracing::warn!(%error, ?found, "can't look after a run");
        }
        done.is_ok()
    }

    /// Takes back what this server has given to runners before it was restarted; a run whose runner it
    /// hadn't started by then waits again.
    pub(super) async fn take_back(&self, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            match self.parts.store.leased_by(&self.config.owner).await {
                Ok(own) => {
                    let own = own.iter().map(|leased| self.take_back_one(leased));
                    futures::future::join_all(own).await;
                    return;
                }
                Err(error) => tracing::warn!(%error, "can't take runs back"),
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = sleep(UNAVAILABLE) => {}
            }
        }
    }

    async fn take_back_one(&self, leased: &LeasedRun) {
        let taken = match self.look_at(leased).await {
            Ok(Observation::Unknown) => self.lost(leased, "the server ended before it began").await,
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = taken {
            // Without heartbeats its lease comes to its end.
            tracing::warn!(%error, run = %leased.run.id, "can't take a run back");
        }
    }

    /// Looks at a run of this server: whether it's to be cancelled, and whether its runner is there.
    async fn look_at(&self, leased: &LeasedRun) -> Result<Observation, Error> {
        let run = &leased.run;
        if leased.stop == Some(StopRequest::Cancel) {
            self.cancel(run).await?;
            return Ok(Observation::Ended(None));
        }
        let seen = self.parts.runner.observe(&run.id, run.attempt).await?;
        match &seen {
            Observation::Alive | Observation::Unknown => {}
            Observation::Ended(how) => {
                let how = how
                    .as_ref()
                    .map_or_else(String::new, |how| format!(" ({how})"));
                self.lost(leased, &format!("its process has ended{how}"))
                    .await?;
            }
            Observation::TimedOut => self.timed_out(run).await?,
        }
        Ok(seen)
    }

    async fn give_up(&self, leased: &LeasedRun) -> Result<(), Error> {
        if leased.owner == self.config.owner
            && !matches!(
                self.look_at(leased).await?,
                Observation::Alive | Observation::Unknown
            )
        {
            return Ok(());
        }
        // Nothing is ended before the store has agreed: it may be that no heartbeat could be written.
        let (run, now) = (&leased.run, self.now());
        let times = (now, now.plus(self.config.lease));
        let store = &self.parts.store;
        match store.take_over(&run.id, Fence(run.attempt), times).await? {
            true => self.lost(leased, "no heartbeat for too long").await,
            false => Ok(()),
        }
    }

    async fn cancel(&self, run: &Run) -> Result<(), Error> {
        self.parts.runner.stop(&run.id, run.attempt).await?;
        let payload = json!({"runId": run.id});
        let change = self.transition(Transition::Cancel, event_type::CANCELED, payload);
        self.change(run, change).await.map(drop)
    }

    async fn timed_out(&self, run: &Run) -> Result<(), Error> {
        self.parts.runner.stop(&run.id, run.attempt).await?;
        let message = "the run took longer than it may";
        let payload = json!({"runId": run.id, "attempt": run.attempt, "message": message});
        let change = Change {
            error: Some(message.to_owned()),
            ..self.transition(Transition::Expire, event_type::TIMED_OUT, payload)
        };
        self.change(run, change).await.map(drop)
    }

    /// Ends what is left of a runner and does with the run what it was asked to do; else gives it to
    /// another, or fails it after too many.
    async fn lost(&self, leased: &LeasedRun, reason: &str) -> Result<(), Error> {
        let run = &leased.run;
        match leased.stop {
            Some(StopRequest::Cancel) => return self.cancel(run).await,
            Some(StopRequest::Pause) => return self.pause(run).await,
            None => self.parts.runner.stop(&run.id, run.attempt).await?,
        }
        let delay = self.losses.note(&run.id, run.attempt, self.now());
        let delay_ms = delay.map(|it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX));
        let payload = json!({
            "runId": run.id, "attempt": run.attempt, "message": reason, "delayMs": delay_ms,
        });
        let change = match delay {
            Some(delay) => Change {
                not_before: Some(self.now().plus(delay)),
                ..self.transition(Transition::Requeue, event_type::RUNNER_LOST, payload)
            },
            None => {
                let attempt = run.attempt;
                let error = format!(
                    "its runners were lost one after the other, at last attempt {attempt}: {reason}"
                );
                Change {
                    error: Some(error),
                    ..self.transition(Transition::Fail, event_type::FAILED, payload)
                }
            }
        };
        // Most often not: it has told its end since the list was read.
        if self.change(run, change).await? {
            tracing::warn!(run = %run.id, attempt = run.attempt, reason, "a runner is lost");
        }
        Ok(())
    }

    /// Pauses a run whose runner was asked to and has ended without a word.
    async fn pause(&self, run: &Run) -> Result<(), Error> {
        self.parts.runner.stop(&run.id, run.attempt).await?;
        let payload = json!({"runId": run.id, "message": null});
        let change = self.transition(Transition::Pause, event_type::PAUSED, payload);
        self.change(run, change).await.map(drop)
    }

    /// Ends a process whose attempt is over: a run that was cancelled, or given to another runner.
    async fn end_if_over(&self, run: &RunId, attempt: i64) -> Result<(), Error> {
        match self.parts.store.run(run).await {
            // Claimed a moment ago, or by a server that was here before this one.
            Ok(found) if found.status == RunStatus::Running && found.attempt == attempt => {
                match self.parts.runner.observe(run, attempt).await? {
                    Observation::TimedOut => self.timed_out(&found).await,
                    _ => Ok(()),
                }
            }
            Err(error) if !is_too_late(&error) => Err(error),
            _ => self.parts.runner.stop(run, attempt).await,
        }
    }
}
