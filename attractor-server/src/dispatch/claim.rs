//! The loop that takes runs from the queue and starts their runners.

use serde_json::json;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::limits::UNAVAILABLE;
use super::{Dispatcher, token};
use crate::domain::{Error, Run, Transition, event_type};
use crate::runner::Launch;
use crate::store::{Change, Lease};

impl Dispatcher {
    pub(super) async fn claim_all(&self, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            let wait = match self.claim_what_waits(shutdown).await {
                Ok(()) => self.config.poll,
                Err(error) => {
                    tracing::warn!(%error, "can't claim runs");
                    UNAVAILABLE
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                popped = self.parts.queue.pop(wait) => match popped {
                    // What happened to it may be that it was cancelled.
                    Ok(Some(_)) => self.woken.notify_one(),
                    Ok(None) => {}
                    Err(_) => tokio::select! {
                        () = shutdown.cancelled() => return,
                        () = sleep(wait) => {}
                    },
                },
            }
        }
    }

    /// Claims until nothing may be claimed, and says why the rest waits.
    pub(super) async fn claim_what_waits(&self, shutdown: &CancellationToken) -> Result<(), Error> {
        while !shutdown.is_cancelled() {
            let token = token::mint();
            let lease = Lease {
                owner: self.config.owner.clone(),
                duration: self.config.lease,
                token_hash: token::hash(&token),
            };
            let store = &self.parts.store;
            let writing = self.writes.begin();
            let claimed = store.claim(&lease, self.config.limits, self.now()).await?;
            drop(writing);
            let Some(claimed) = claimed else {
                return self.tell_deferrals().await;
            };
            let run = claimed.run;
            self.tell(&run.id, run.last_seq).await;
            self.launch(run, token).await?;
        }
        Ok(())
    }

    async fn launch(&self, run: Run, token: secrecy::SecretString) -> Result<(), Error> {
        let launched = match self.parts.store.project(&run.project_id).await {
            Err(error) => Err(error),
            Ok(project) => {
                let launch = Launch {
                    run: run.clone(),
                    project,
                    api_url: self.config.api_url.clone(),
                    token,
                };
                self.parts.runner.launch(launch).await
            }
        };
        match launched {
            Ok(()) => {
                tracing::info!(run = %run.id, attempt = run.attempt, "runner started");
                Ok(())
            }
            Err(error) => self.not_launched(&run, &error).await.map(drop),
        }
    }

    /// Puts the run back into the queue for later, or fails it where waiting doesn't help.
    async fn not_launched(&self, run: &Run, error: &Error) -> Result<bool, Error> {
        let later = match error.is_retryable() {
            true => self.losses.note(&run.id, run.attempt, self.now()),
            false => None,
        };
        let message = match error.kind() {
            crate::domain::ErrorKind::Internal => "the runner can't be started".to_owned(),
            _ => format!("the runner can't be started: {error}"),
        };
        tracing::warn!(run = %run.id, %error, "can't start a runner");
        let payload = json!({"runId": run.id, "attempt": run.attempt, "message": message});
        let of = |transition| self.transition(transition, event_type::DISPATCH_FAILED, payload);
        let change = match later {
            Some(delay) => Change {
                not_before: Some(self.now().plus(delay)),
                ..of(Transition::Requeue)
            },
            None => Change {
                error: Some(message.clone()),
                ..of(Transition::Fail)
            },
        };
        self.change(run, change).await
    }
}
