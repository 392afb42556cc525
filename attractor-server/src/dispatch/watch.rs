//! The loop that looks after runs that are executed.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::json;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::limits::EXPIRED;
use super::{Dispatcher, is_too_late};
use crate::domain::{Error, Run, RunId, RunStatus, Transition, event_type};
use crate::runner::Observation;
use crate::store::{Change, LeasedRun, StopRequest};

impl Dispatcher {
    pub(super) async fn watch_all(&self, shutdown: &CancellationToken) {
        // A server that was away has heard no heartbeats: those who live get the time for one.
        let mut heard_since = Instant::now();
        while !shutdown.is_cancelled() {
            let may_expire = heard_since.elapsed() >= self.config.lease;
            if let Err(error) = self.look(may_expire).await {
                tracing::warn!(%error, "can't look after runs");
                heard_since = Instant::now();
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = self.woken.notified() => {}
                () = sleep(self.config.look) => {}
            }
        }
    }

    /// One look at everything that runs.
    pub(super) async fn look(&self, may_expire: bool) -> Result<(), Error> {
        let own = self.parts.store.leased_by(&self.config.owner).await?;
        log(join_all(own.iter().map(|leased| self.look_at(leased))).await);
        self.end_what_isnt_leased(&own).await?;
        if may_expire {
            let expired = self.parts.store.expired(self.now(), EXPIRED).await?;
            let reason = "no heartbeat for too long";
            let lost = expired.iter().map(|leased| self.lost(&leased.run, reason));
            log(join_all(lost).await);
        }
        Ok(())
    }

    /// Looks at a run of this server: whether it's to be cancelled, and whether its runner is there.
    async fn look_at(&self, leased: &LeasedRun) -> Result<(), Error> {
        let run = &leased.run;
        if leased.stop == Some(StopRequest::Cancel) {
            return self.cancel(run).await;
        }
        match self.parts.runner.observe(&run.id, run.attempt).await? {
            Observation::Alive | Observation::Unknown => Ok(()),
            Observation::Ended(how) => {
                let how = how.map_or_else(String::new, |how| format!(" ({how})"));
                self.lost(run, &format!("its process has ended{how}")).await
            }
            Observation::TimedOut => self.timed_out(run).await,
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

    /// Ends what is left of a runner and gives the run to another, or fails it after too many.
    async fn lost(&self, run: &Run, reason: &str) -> Result<(), Error> {
        self.parts.runner.stop(&run.id, run.attempt).await?;
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
        tracing::warn!(run = %run.id, attempt = run.attempt, reason, "a runner is lost");
        self.change(run, change).await.map(drop)
    }

    /// Ends processes whose attempt is over: a run that was cancelled, or given to another runner.
    async fn end_what_isnt_leased(&self, own: &[LeasedRun]) -> Result<(), Error> {
        let leased = own.iter().map(|it| (&it.run.id, it.run.attempt));
        let leased: BTreeSet<(&RunId, i64)> = leased.collect();
        let attempts = self.parts.runner.attempts().await?;
        let ending = attempts
            .iter()
            .filter(|(run, attempt)| !leased.contains(&(run, *attempt)));
        log(join_all(ending.map(|(run, attempt)| self.end_if_over(run, *attempt))).await);
        Ok(())
    }

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

/// What fails for one run is no reason not to look after the others; it's tried again at the next look.
fn log(looked: Vec<Result<(), Error>>) {
    for error in looked.into_iter().filter_map(Result::err) {
        tracing::warn!(%error, "can't look after a run");
    }
}
