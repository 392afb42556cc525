use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::domain::{
    AttractorDef, BranchName, ModelConfig, Namespace, NewAttractor, NewEvent, NewProject, NewRun,
    Project, Run, RunId, RunType, Timestamp, Transition, event_type,
};
use crate::store::{Change, ClaimLimits, Fence, Lease, LeasedRun, Store};

/// A store with a project that has an attractor.
pub(super) struct World {
    pub(super) store: Arc<dyn Store>,
    pub(super) project: Project,
    pub(super) attractor: AttractorDef,
}

/// A run that is under way for ten minutes from now, in a project of its own: for benches. Its runner has the
/// token with this SHA-256.
///
/// # Panics
///
/// If the store fails.
pub async fn running_run(store: Arc<dyn Store>, name: &str, token_hash: &[u8]) -> RunId {
    let world = World::new(store, name).await;
    let run = world.queue(1).await;
    let lease = Lease {
        duration: Duration::from_secs(600),
        ..lease(token_hash)
    };
    let leased = world.store.claim(&lease, UNLIMITED, Timestamp::now());
    let leased = leased.await.unwrap().expect("a run waits");
    assert_eq!(leased.run.id, run.id);
    run.id
}

/// As many as there are.
pub(super) const UNLIMITED: ClaimLimits = ClaimLimits {
    global: 1_000,
    per_project: 1_000,
};

/// A moment, by seconds.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_000_000 + seconds * 1_000)
}

pub(super) fn branch(name: &str) -> BranchName {
    BranchName::try_from(name.to_owned()).unwrap()
}

pub(super) fn event(kind: &str, seconds: i64) -> NewEvent {
    NewEvent::new(kind, at(seconds), json!({ "text": "ä\u{1f980}\"\n" }))
}

pub(super) fn new_project(name: &str) -> NewProject {
    NewProject {
        name: name.to_owned(),
        namespace: Namespace::of_project(name),
    }
}

pub(super) fn lease(token: &[u8]) -> Lease {
    Lease {
        owner: "server".to_owned(),
        duration: Duration::from_secs(12),
        token_hash: token.to_vec(),
    }
}

impl World {
    pub(super) async fn new(store: Arc<dyn Store>, name: &str) -> Self {
        let project = store.create_project(new_project(name)).await.unwrap();
        let new = NewAttractor {
            project_id: project.id.clone(),
            name: "factory".to_owned(),
            repo_path: "factory/a.dot".to_owned().try_into().unwrap(),
            default_run_type: RunType::Planning,
            description: None,
            active: true,
            model_config: None,
        };
        let attractor = store.create_attractor(new, None).await.unwrap();
        Self {
            store,
            project,
            attractor,
        }
    }

    pub(super) fn new_run(&self, run_type: RunType, target: &str) -> NewRun {
        NewRun {
            project_id: self.project.id.clone(),
            attractor_def_id: self.attractor.id.clone(),
            run_type,
            source_branch: branch("main"),
            target_branch: branch(target),
            spec_bundle_id: None,
            model_config: ModelConfig {
                provider: "anthropic".to_owned(),
                model_id: "m".to_owned(),
                reasoning_level: None,
                temperature: Some(0.5),
                max_tokens: Some(1_000),
            },
            attractor_version: None,
            attractor_sha256: None,
            force: false,
            rerun_of: None,
            rerun_from_node: None,
        }
    }

    /// A task run that waits since a moment.
    pub(super) async fn queue(&self, seconds: i64) -> Run {
        let new = self.new_run(RunType::Task, "none");
        let event = event(event_type::QUEUED, seconds);
        self.store.create_run(new, event, None).await.unwrap()
    }

    /// An implementation run that waits since a moment.
    pub(super) async fn queue_on(&self, target: &str, force: bool, seconds: i64) -> Run {
        let new = NewRun {
            force,
            ..self.new_run(RunType::Implementation, target)
        };
        let event = event(event_type::QUEUED, seconds);
        self.store.create_run(new, event, None).await.unwrap()
    }

    /// The next run, if one may be dispatched.
    pub(super) async fn claim(&self, seconds: i64) -> Option<LeasedRun> {
        let lease = lease(&rand::random::<[u8; 32]>());
        let claimed = self.store.claim(&lease, UNLIMITED, at(seconds));
        claimed.await.unwrap()
    }

    /// A run that is under way.
    pub(super) async fn running(&self, seconds: i64) -> LeasedRun {
        let run = self.queue(seconds).await;
        let leased = self.claim(seconds).await.expect("a run waits");
        assert_eq!(leased.run.id, run.id);
        leased
    }
}

/// What happens to a run that somebody says.
pub(super) fn change(transition: Transition, seconds: i64) -> Change {
    Change::new(transition, event("Changed", seconds))
}

/// What a runner says that happens to its run.
pub(super) fn fenced(transition: Transition, fence: i64, seconds: i64) -> Change {
    Change {
        fence: Some(Fence(fence)),
        ..change(transition, seconds)
    }
}
