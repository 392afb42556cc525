//! The runner API as functions: what is asked, and what each refusal means for the run.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, sleep_until};

use super::error::Failure;
use super::limits::{
    ALONE, FIRST_RETRY, HEARTBEAT, LONGEST_RETRY, QUESTION_WAIT, REQUEST, UPSTREAM,
};
use super::stop::{Stop, Why};
use super::wire::{Answer, Request, Wire};
use crate::domain::{BundleId, NewQuestion, RunQuestion};
use crate::runner_api::{
    EventBatch, EventsStored, Finish, Heartbeat, NewBundle, PullRequestWanted, RunPullRequest,
    RunSpecification, RunnerAccess, RunnerCredential,
};

/// The control plane, as one attempt at one run sees it.
///
/// What can't be sent is sent again until it can; only that the attempt is over, that the runner is
/// to stop, or that nobody has answered for long ends that.
#[derive(Debug)]
pub(super) struct Api {
    wire: Wire,
    stop: Stop,
    /// How long a lease lasts, and when this attempt's was renewed last, by the clock of this machine.
    lease: Mutex<(Duration, Instant)>,
}

/// What became of a batch of events.
pub(super) enum Told {
    /// It's stored.
    Stored(EventsStored),
    /// Entries before it are missing: go on after this one.
    Gap(i64),
}

impl Api {
    pub(super) fn new(access: &RunnerAccess, stop: Stop) -> Self {
        let wire = Wire::new(access);
        let lease = Mutex::new((Duration::MAX, Instant::now()));
        Self { wire, stop, lease }
    }

    pub(super) async fn claim(&self) -> Result<RunSpecification, Failure> {
        let answer = self.ask(post("claim", &serde_json::json!({}))).await?;
        let spec: RunSpecification = read(&refused(answer)?)?;
        self.lease().0 = Duration::from_millis(spec.lease_ms);
        Ok(spec)
    }

    fn lease(&self) -> MutexGuard<'_, (Duration, Instant)> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the run may be another's: nobody was told for as long as a lease lasts that this
    /// attempt lives.
    pub(super) async fn lease_ends(&self) {
        loop {
            let (duration, renewed) = *self.lease();
            match renewed.checked_add(duration) {
                Some(end) if end <= Instant::now() => return,
                Some(end) => sleep_until(end).await,
                None => sleep(duration).await,
            }
        }
    }

    /// One heartbeat, tried once; `None` without an answer.
    pub(super) async fn heartbeat(&self) -> Option<Heartbeat> {
        let request = Request {
            limit: HEARTBEAT,
            ..post("heartbeat", &serde_json::json!({}))
        };
        let sent = Instant::now();
        let answer = self.wire.send(request).await.ok()?;
        if self.is_over(&answer) {
            return None;
        }
        let beat = read(&refused(answer).ok()?).ok();
        self.lease().1 = sent;
        beat
    }

    pub(super) async fn tell(&self, batch: &EventBatch) -> Result<Told, Failure> {
        let answer = self.ask(post("events", batch)).await?;
        if answer.status == 409 && answer.field("code").as_deref() == Some("journal_gap") {
            let body: serde_json::Value = read(&answer)?;
            let seq = body.pointer("/details/journalSeq");
            return Ok(Told::Gap(seq.and_then(|it| it.as_i64()).unwrap_or(0)));
        }
        read(&refused(answer)?).map(Told::Stored)
    }

    pub(super) async fn put_artifact(
        &self,
        key: &str,
        content_type: &str,
        sha256: &str,
        bytes: Bytes,
    ) -> Result<(), Failure> {
        let path: Vec<_> = key.split('/').map(encoded).collect();
        let request = Request {
            method: "PUT",
            path: format!("artifacts/{}", path.join("/")),
            headers: vec![
                ("content-type", content_type.to_owned()),
                ("x-content-sha256", sha256.to_owned()),
            ],
            body: bytes,
            limit: REQUEST,
        };
        refused(self.ask(request).await?).map(drop)
    }

    /// Hands over the pipeline that was found in the repository.
    pub(super) async fn put_pipeline(&self, text: &str, sha256: &str) -> Result<(), Failure> {
        let request = Request {
            method: "PUT",
            path: "pipeline".to_owned(),
            headers: vec![
                ("content-type", "text/vnd.graphviz".to_owned()),
                ("x-content-sha256", sha256.to_owned()),
            ],
            body: Bytes::copy_from_slice(text.as_bytes()),
            limit: REQUEST,
        };
        refused(self.ask(request).await?).map(drop)
    }

    pub(super) async fn bundle_file(&self, name: &str) -> Result<Bytes, Failure> {
        let answer = self.ask(get(format!("bundle/{}", encoded(name)))).await?;
        Ok(refused(answer)?.body)
    }

    pub(super) async fn ask_person(&self, new: &NewQuestion) -> Result<RunQuestion, Failure> {
        read(&refused(self.ask(post("questions", new)).await?)?)
    }

    /// The question, as soon as it has an answer or some seconds are over.
    pub(super) async fn question(&self, id: &str) -> Result<RunQuestion, Failure> {
        let wait = QUESTION_WAIT.as_millis();
        let request = Request {
            limit: QUESTION_WAIT + REQUEST,
            ..get(format!("questions/{}?waitMs={wait}", encoded(id)))
        };
        read(&refused(self.ask(request).await?)?)
    }

    pub(super) async fn credential(&self) -> Result<Option<RunnerCredential>, Failure> {
        let answer = self.ask(post("credential", &serde_json::json!({}))).await?;
        read_some(&refused(answer)?)
    }

    pub(super) async fn create_bundle(&self, new: &NewBundle) -> Result<BundleId, Failure> {
        #[derive(serde::Deserialize)]
        struct Created {
            id: BundleId,
        }
        let created: Created = read(&refused(self.ask(post("bundle", new)).await?)?)?;
        Ok(created.id)
    }

    pub(super) async fn pull_request(
        &self,
        wanted: &PullRequestWanted,
    ) -> Result<Option<RunPullRequest>, Failure> {
        read_some(&refused(self.ask(post("pull-request", wanted)).await?)?)
    }

    /// Whether the attempt may push now; if not, the runner stops.
    pub(super) async fn may_push(&self) -> Result<(), Failure> {
        let answer = self.ask(post("fence", &serde_json::json!({}))).await?;
        if answer.status != 409 {
            refused(answer)?;
            // The lease counts from here on; that this one has failed is seen by that.
            self.heartbeat().await;
            return Ok(());
        }
        // A heartbeat says why; without a reason, the run is somebody else's.
        let stop = self.heartbeat().await.and_then(|beat| beat.stop);
        self.stop.now(stop.map_or(Why::Lost, Why::of));
        Err(Failure::Stopped)
    }

    pub(super) async fn finish(&self, finish: &Finish) -> Result<(), Failure> {
        refused(self.ask(post("finish", finish)).await?).map(drop)
    }

    /// Whether an answer says that the attempt is over; then the runner stops.
    fn is_over(&self, answer: &Answer) -> bool {
        let code = || answer.field("code").unwrap_or_default();
        let over = match answer.status {
            401 => true,
            409 => matches!(code().as_str(), "stale_attempt" | "run_status"),
            _ => false,
        };
        if over {
            self.stop.now(Why::Lost);
        }
        over
    }

    /// Sends a request until there is an answer to it.
    async fn ask(&self, request: Request) -> Result<Answer, Failure> {
        let began = Instant::now();
        let mut wait = FIRST_RETRY;
        loop {
            let sent = tokio::select! {
                sent = self.wire.send(request.clone()) => sent,
                () = self.hurried() => return Err(Failure::Stopped),
            };
            if let Ok(answer) = sent {
                if self.is_over(&answer) {
                    return Err(Failure::Stopped);
                }
                let is_final = match answer.status {
                    // The forge says no: it may have a bad moment, or mean it.
                    502 => began.elapsed() > UPSTREAM,
                    status => status < 500 && status != 429,
                };
                if is_final {
                    return Ok(answer);
                }
            }
            if began.elapsed() > ALONE {
                self.stop.now(Why::Alone);
                return Err(Failure::Stopped);
            }
            tokio::select! {
                () = sleep(wait) => {}
                () = self.hurried() => return Err(Failure::Stopped),
            }
            wait = (wait * 2).min(LONGEST_RETRY);
        }
    }

    /// Waits until nothing may be waited for any more. A runner that was asked to pause or to cancel, or
    /// whose time is up, still tells what happened.
    async fn hurried(&self) {
        match self.stop.said().await {
            Why::Lost | Why::Terminated | Why::Alone => {}
            Why::Cancel | Why::Pause | Why::TimedOut => std::future::pending().await,
        }
    }
}

fn post(path: &str, body: &impl Serialize) -> Request {
    Request {
        method: "POST",
        path: path.to_owned(),
        headers: vec![("content-type", "application/json".to_owned())],
        // These are values of ours, with texts as keys.
        body: serde_json::to_vec(body).unwrap_or_default().into(),
        limit: REQUEST,
    }
}

fn get(path: String) -> Request {
    Request {
        method: "GET",
        path,
        headers: Vec::new(),
        body: Bytes::new(),
        limit: REQUEST,
    }
}

/// A part of a path with everything escaped that isn't a letter, a digit or one of `-._~`.
fn encoded(part: &str) -> String {
    let mut text = String::with_capacity(part.len());
    for byte in part.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// The answer, unless it's a refusal.
fn refused(answer: Answer) -> Result<Answer, Failure> {
    if (200..300).contains(&answer.status) {
        return Ok(answer);
    }
    let said = answer.field("error");
    let said = said.unwrap_or_else(|| format!("status {}", answer.status));
    Err(Failure::run(format!("the control plane refuses: {said}")))
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Failure> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        Failure::run(format!(
            "the control plane's answer can't be read: {error}; is it of another version?"
        ))
    })
}

fn read_some<T: DeserializeOwned>(answer: &Answer) -> Result<Option<T>, Failure> {
    match answer.status {
        204 => Ok(None),
        _ => read(answer).map(Some),
    }
}

/// Sends heartbeats until the runner stops, and passes on what it's asked to do.
pub(super) async fn heartbeats(api: &Api, stop: &Stop, every: Duration) {
    let mut answered = Instant::now();
    loop {
        tokio::select! {
            () = sleep(every) => {}
            why = stop.said() => match why {
                // It's still the runner's until it has said how it ended.
                Why::Cancel | Why::Pause | Why::TimedOut => sleep(every).await,
                Why::Lost | Why::Terminated | Why::Alone => return,
            },
        }
        match api.heartbeat().await {
            Some(beat) => {
                answered = Instant::now();
                if let Some(asked) = beat.stop {
                    stop.now(Why::of(asked));
                }
            }
            None if answered.elapsed() > ALONE => stop.now(Why::Alone),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_path_cant_lead_elsewhere() {
        assert_eq!(encoded("a b/../ä?x#y%"), "a%20b%2F..%2F%C3%A4%3Fx%23y%25");
    }
}
