//! What the parts of a server share.

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::api::runs::Lookout;
use crate::auth::Throttle;
use crate::bus::{EventBus, LiveTexts, Notice};
use crate::config::Config;
use crate::dispatch::DispatchHandle;
use crate::domain::{
    Clock, Error, NewAuditEntry, Principal, ProjectId, Run, RunEvent, RunId, Timestamp,
};
use crate::forge::{CallbackState, Forge};
use crate::http::PipelineService;
use crate::objects::ObjectStore;
use crate::queue::Queue;
use crate::runner::Runner;
use crate::secrets::{Scrubber, Scrubbers, SecretStore};
use crate::store::Store;
use crate::web::Folds;

/// What a server is made of: one of each.
#[derive(Clone, Debug)]
pub struct Parts {
    /// How it is set up.
    pub config: Config,
    /// What it knows.
    pub store: Arc<dyn Store>,
    /// What wakes the dispatcher.
    pub queue: Arc<dyn Queue>,
    /// What tells those who watch.
    pub bus: Arc<dyn EventBus>,
    /// The bytes of artifacts.
    pub objects: Arc<dyn ObjectStore>,
    /// The values of secrets.
    pub secrets: Arc<dyn SecretStore>,
    /// Where repositories and pull requests are.
    pub forge: Arc<dyn Forge>,
    /// What people take to GitHub and back when they install the App.
    pub callbacks: Arc<CallbackState>,
    /// What ends the processes of runs that are cancelled, if this server has a dispatcher.
    pub dispatch: Option<DispatchHandle>,
    /// What executes runs, if that is on this machine: asked to remove what deleted runs have left.
    pub runner: Option<Arc<dyn Runner>>,
    /// Pipelines that are submitted over HTTP and run in this process (attractor-spec 9.5), if they may
    /// be.
    pub pipelines: Option<PipelineService>,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
    /// Cancelled when the server is to end: whoever streams ends the stream.
    pub shutdown: CancellationToken,
}

/// The handles that every part of a server is given; cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: Parts,
    throttle: Throttle,
    scrubbers: Scrubbers,
    live: LiveTexts,
    folds: Folds,
    streams: Arc<Semaphore>,
    lookout: Lookout,
}

impl App {
    /// A server made of these parts.
    pub fn new(parts: Parts) -> Self {
        let streams = Arc::new(Semaphore::new(parts.config.max_streams));
        Self(Arc::new(Inner {
            parts,
            throttle: Throttle::default(),
            scrubbers: Scrubbers::default(),
            live: LiveTexts::default(),
            folds: Folds::default(),
            streams,
            lookout: Lookout::default(),
        }))
    }

    /// How it is set up.
    pub fn config(&self) -> &Config {
        &self.0.parts.config
    }

    /// What it knows.
    pub fn store(&self) -> &dyn Store {
        &*self.0.parts.store
    }

    pub(crate) fn queue(&self) -> &dyn Queue {
        &*self.0.parts.queue
    }

    pub(crate) fn bus(&self) -> &dyn EventBus {
        &*self.0.parts.bus
    }

    pub(crate) fn objects(&self) -> &dyn ObjectStore {
        &*self.0.parts.objects
    }

    pub(crate) fn secrets(&self) -> &dyn SecretStore {
        &*self.0.parts.secrets
    }

    pub(crate) fn forge(&self) -> &dyn Forge {
        &*self.0.parts.forge
    }

    pub(crate) fn callbacks(&self) -> &CallbackState {
        &self.0.parts.callbacks
    }

    pub(crate) fn pipelines(&self) -> Option<&PipelineService> {
        self.0.parts.pipelines.as_ref()
    }

    pub(crate) fn shutdown(&self) -> &CancellationToken {
        &self.0.parts.shutdown
    }

    pub(crate) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }

    /// What runs say at this moment.
    pub(crate) fn live(&self) -> &LiveTexts {
        &self.0.live
    }

    /// What the pages of runs are made of.
    pub(crate) fn folds(&self) -> &Folds {
        &self.0.folds
    }

    /// What limits the event streams.
    pub(crate) fn streams(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.streams)
    }

    /// What looks at the store for all event streams.
    pub(crate) fn lookout(&self) -> &Lookout {
        &self.0.lookout
    }

    /// What takes the values of a project's secrets out of what its runs say.
    pub(crate) async fn scrubber(&self, project: &ProjectId) -> Result<Scrubber, Error> {
        let scrubbers = &self.0.scrubbers;
        scrubbers.of(self.secrets(), project, self.now()).await
    }

    /// Says that a project's secrets have changed.
    pub(crate) fn forget_secrets(&self, project: &ProjectId) {
        self.0.scrubbers.forget(project);
    }

    /// The present moment.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.parts.clock.now()
    }

    /// Tells those who watch a run that it has new events. Whoever isn't told looks from time to
    /// time, so that it fails is no error.
    pub(crate) async fn announce(&self, run: &Run) {
        let notice = Notice::Stored(run.last_seq);
        if let Err(error) = self.bus().publish(&run.id, notice).await {
            tracing::warn!(%error, run = %run.id, "the bus can't be reached");
        }
    }

    /// The same for events that were added.
    pub(crate) async fn announce_events(&self, run: &RunId, events: &[RunEvent]) {
        let Some(last) = events.last() else {
            return;
        };
        if let Err(error) = self.bus().publish(run, Notice::Stored(last.seq)).await {
            tracing::warn!(%error, %run, "the bus can't be reached");
        }
    }

    /// Tells dispatchers that a run waits or is to end; they look from time to time anyhow.
    pub(crate) async fn wake(&self, run: &Run) {
        if let Some(dispatch) = &self.0.parts.dispatch {
            dispatch.look();
        }
        if let Err(error) = self.queue().push(&run.id).await {
            tracing::warn!(%error, run = %run.id, "the queue can't be reached");
        }
    }

    /// Deletes a run that is over, with its events, artifacts and bundle, and what it has left on this
    /// machine.
    pub(crate) async fn delete_run(&self, run: &Run) -> Result<(), Error> {
        let (project, id) = (&run.project_id, &run.id);
        self.store().delete_run(id).await?;
        self.clean_up(id).await;
        self.remove_objects(&format!("{project}/{id}/")).await;
        Ok(())
    }

    /// Removes what a deleted run has left on this machine. It is deleted already, so that something
    /// stays is for the log.
    pub(crate) async fn clean_up(&self, run: &RunId) {
        let Some(runner) = &self.0.parts.runner else {
            return;
        };
        if let Err(error) = runner.clean_up(run).await {
            tracing::warn!(%error, %run, "files of a deleted run stay behind");
        }
    }

    /// Removes artifacts and bundles of what is deleted, which a part of their keys names: a project, or
    /// a run of it.
    pub(crate) async fn remove_objects(&self, of: &str) {
        for prefix in [format!("runs/{of}"), format!("spec-bundles/{of}")] {
            if let Err(error) = self.objects().delete_all(&prefix).await {
                tracing::warn!(%error, prefix, "objects of what is deleted stay behind");
            }
        }
    }

    /// Notes who did what. It is done already, so that it can't be noted is for the log.
    pub(crate) async fn audit(
        &self,
        who: &Principal,
        action: &str,
        project: Option<&ProjectId>,
        subject: &str,
        details: Value,
    ) {
        self.record(NewAuditEntry {
            actor: who.name.clone(),
            action: action.to_owned(),
            project_id: project.cloned(),
            subject: Some(subject.to_owned()),
            details,
        })
        .await;
    }

    /// Notes that somebody came with something that isn't good.
    pub(crate) async fn record_failure(&self, address: IpAddr) {
        self.record(NewAuditEntry {
            actor: "anonymous".to_owned(),
            action: "sign_in.fail".to_owned(),
            project_id: None,
            subject: None,
            details: json!({ "address": address.to_string() }),
        })
        .await;
    }

    pub(crate) async fn record(&self, entry: NewAuditEntry) {
        let action = entry.action.clone();
        if let Err(error) = self.store().record(entry, self.now()).await {
            tracing::error!(%error, action, "the audit log can't be written");
        }
    }
}
