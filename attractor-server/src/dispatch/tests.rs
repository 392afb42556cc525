use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{DispatchConfig, DispatchParts, Dispatcher};
use crate::bus::MemoryBus;
use crate::domain::{
    AttractorId, BranchName, Clock, Error, ModelConfig, Namespace, NewAttractor, NewEvent,
    NewProject, NewRun, ProjectId, Run, RunId, RunStatus, RunType, Timestamp, Transition,
    event_type,
};
use crate::queue::{MemoryQueue, Queue as _};
use crate::runner::{Launch, Observation, Runner};
use crate::store::{
    Attractors as _, Change, ClaimLimits, Events as _, Fence, Leases as _, Projects as _,
    Runs as _, SqlStore, StopRequest,
};

/// A clock that stands still until it's turned.
#[derive(Debug, Default)]
struct ManualClock(AtomicI64);

impl ManualClock {
    fn turn(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A runner that starts nothing, and sees what it's told to see.
#[derive(Debug, Default)]
struct FakeRunner {
    attempts: Mutex<BTreeMap<(RunId, i64), Observation>>,
    refusal: Mutex<Option<fn() -> Error>>,
}

impl FakeRunner {
    fn see(&self, run: &Run, seen: Observation) {
        let key = (run.id.clone(), run.attempt);
        self.attempts.lock().unwrap().insert(key, seen);
    }

    fn is_alive(&self, run: &RunId, attempt: i64) -> bool {
        let attempts = self.attempts.lock().unwrap();
        attempts.get(&(run.clone(), attempt)) == Some(&Observation::Alive)
    }
}

#[async_trait]
impl Runner for FakeRunner {
    async fn launch(&self, launch: Launch) -> Result<(), Error> {
        if let Some(refusal) = *self.refusal.lock().unwrap() {
            return Err(refusal());
        }
        self.see(&launch.run, Observation::Alive);
        Ok(())
    }

    async fn observe(&self, run: &RunId, attempt: i64) -> Result<Observation, Error> {
        let attempts = self.attempts.lock().unwrap();
        let seen = attempts.get(&(run.clone(), attempt)).cloned();
        Ok(seen.unwrap_or(Observation::Unknown))
    }

    async fn stop(&self, run: &RunId, attempt: i64) -> Result<(), Error> {
        let key = (run.clone(), attempt);
        if let Some(seen) = self.attempts.lock().unwrap().get_mut(&key) {
            *seen = Observation::Ended(None);
        }
        Ok(())
    }

    async fn attempts(&self) -> Result<Vec<(RunId, i64)>, Error> {
        let attempts = self.attempts.lock().unwrap();
        let alive = attempts
            .iter()
            .filter(|(_, seen)| **seen == Observation::Alive);
        Ok(alive.map(|(key, _)| key.clone()).collect())
    }

    async fn clean_up(&self, _run: &RunId) -> Result<(), Error> {
        Ok(())
    }
}

/// A server with a project, and nothing that happens by itself.
struct World {
    store: SqlStore,
    runner: Arc<FakeRunner>,
    clock: Arc<ManualClock>,
    queue: Arc<MemoryQueue>,
    project: ProjectId,
    attractor: AttractorId,
    dispatcher: Dispatcher,
}

impl World {
    async fn new(per_project: i64) -> Self {
        let store = SqlStore::temporary().await.unwrap();
        let new = NewProject {
            name: "project".to_owned(),
            namespace: Namespace::of_project("project"),
        };
        let project = store.create_project(new).await.unwrap().id;
        let new = NewAttractor {
            project_id: project.clone(),
            name: "attractor".to_owned(),
            repo_path: "a.dot".to_owned().try_into().unwrap(),
            default_run_type: RunType::Task,
            description: None,
            active: true,
            model_config: None,
        };
        let attractor = store.create_attractor(new, None).await.unwrap().id;
        let (runner, clock) = (Arc::<FakeRunner>::default(), Arc::<ManualClock>::default());
        let queue = Arc::new(MemoryQueue::new());
        let parts = DispatchParts {
            store: Arc::new(store.clone()),
            queue: queue.clone(),
            bus: Arc::new(MemoryBus::new()),
            runner: runner.clone(),
        };
        let limits = ClaimLimits {
            global: 100,
            per_project,
        };
        let config = DispatchConfig::new("server", "http://127.0.0.1:1")
            .limits(limits)
            .clock(clock.clone());
        let dispatcher = Dispatcher::new(parts, config);
        Self {
            store,
            runner,
            clock,
            queue,
            project,
            attractor,
            dispatcher,
        }
    }

    async fn request_stop(&self, id: &RunId, stop: StopRequest) {
        let event = NewEvent::new(event_type::STOP_REQUESTED, self.clock.now(), json!({}));
        self.store.request_stop(id, stop, event).await.unwrap();
    }

    async fn queued(&self) -> RunId {
        let branch = |name: &str| BranchName::try_from(name.to_owned()).unwrap();
        let new = NewRun {
            project_id: self.project.clone(),
            attractor_def_id: self.attractor.clone(),
            run_type: RunType::Task,
            source_branch: branch("main"),
            target_branch: branch("none"),
            spec_bundle_id: None,
            model_config: ModelConfig {
                provider: "anthropic".to_owned(),
                model_id: "m".to_owned(),
                reasoning_level: None,
                temperature: None,
                max_tokens: None,
            },
            attractor_version: None,
            attractor_sha256: None,
            force: false,
            rerun_of: None,
            rerun_from_node: None,
        };
        let event = NewEvent::new(event_type::QUEUED, self.clock.now(), json!({}));
        self.store.create_run(new, event, None).await.unwrap().id
    }

    /// Gives out what may be given out.
    async fn dispatch(&self) {
        let going_on = CancellationToken::new();
        self.dispatcher.claim_what_waits(&going_on).await.unwrap();
    }

    async fn look(&self) {
        self.dispatcher.look(true).await.unwrap();
    }

    async fn run(&self, id: &RunId) -> Run {
        self.store.run(id).await.unwrap()
    }

    async fn events(&self, id: &RunId) -> Vec<String> {
        let events = self.store.events(id, 0, 100).await.unwrap();
        events.into_iter().map(|event| event.kind).collect()
    }
}

#[tokio::test]
async fn a_run_that_waits_is_given_to_a_runner() {
    let world = World::new(5).await;
    let id = world.queued().await;
    world.dispatch().await;
    let run = world.run(&id).await;
    assert_eq!((run.status, run.attempt), (RunStatus::Running, 1));
    assert!(world.runner.is_alive(&id, 1));
    assert_eq!(
        world.events(&id).await,
        [event_type::QUEUED, event_type::DISPATCHED]
    );
}

#[tokio::test]
async fn a_run_that_has_to_wait_says_why_once() {
    let world = World::new(1).await;
    let (first, second) = (world.queued().await, world.queued().await);
    for _ in 0..3 {
        world.dispatch().await;
    }
    let waiting = [&first, &second];
    let mut told = 0;
    for id in waiting {
        let events = world.events(id).await;
        told += events
            .iter()
            .filter(|it| *it == event_type::DEFERRED_CONCURRENCY)
            .count();
    }
    assert_eq!(told, 1);
}

#[tokio::test]
async fn without_heartbeats_a_run_is_given_to_another_runner_later_and_in_the_end_fails() {
    let world = World::new(5).await;
    let id = world.queued().await;
    for attempt in 1..=6 {
        world.dispatch().await;
        assert_eq!(world.run(&id).await.attempt, attempt);
        world.clock.turn(11);
        world.look().await;
        assert!(world.runner.is_alive(&id, attempt));
        world.clock.turn(2);
        world.look().await;
        assert!(
            !world.runner.is_alive(&id, attempt),
            "what is left is ended first"
        );
        if attempt < 6 {
            assert_eq!(world.run(&id).await.status, RunStatus::Queued);
            world.dispatch().await;
            assert_eq!(world.run(&id).await.attempt, attempt, "not at once");
            world.clock.turn(60);
        }
    }
    let run = world.run(&id).await;
    assert_eq!(run.status, RunStatus::Failed);
    assert!(run.error.unwrap().contains("no heartbeat"));
    let events = world.events(&id).await;
    let lost = events.iter().filter(|it| *it == event_type::RUNNER_LOST);
    assert_eq!(lost.count(), 5);
}

#[tokio::test]
async fn a_heartbeat_keeps_a_run() {
    let world = World::new(5).await;
    let id = world.queued().await;
    world.dispatch().await;
    for _ in 0..5 {
        world.clock.turn(10);
        let until = world.clock.now().plus(Duration::from_secs(12));
        world.store.heartbeat(&id, Fence(1), until).await.unwrap();
        world.look().await;
    }
    assert_eq!(world.run(&id).await.attempt, 1);
    assert!(world.runner.is_alive(&id, 1));
}

#[tokio::test]
async fn a_process_that_has_ended_is_noticed_before_its_lease_is_over() {
    let world = World::new(5).await;
    let id = world.queued().await;
    world.dispatch().await;
    let ended = Observation::Ended(Some("signal 9".to_owned()));
    world.runner.see(&world.run(&id).await, ended);
    world.look().await;
    assert_eq!(world.run(&id).await.status, RunStatus::Queued);
    let events = world.store.events(&id, 0, 100).await.unwrap();
    let told = events.last().unwrap().payload.to_string();
    assert!(told.contains("signal 9"), "{told}");
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_times_out() {
    let world = World::new(5).await;
    let id = world.queued().await;
    world.dispatch().await;
    world
        .runner
        .see(&world.run(&id).await, Observation::TimedOut);
    world.look().await;
    assert_eq!(world.run(&id).await.status, RunStatus::Timeout);
    assert_eq!(
        world.events(&id).await.last().unwrap(),
        event_type::TIMED_OUT
    );
}

#[tokio::test]
async fn a_run_that_is_to_be_cancelled_is_ended_and_then_cancelled() {
    let world = World::new(5).await;
    let id = world.queued().await;
    world.dispatch().await;
    world.request_stop(&id, StopRequest::Cancel).await;
    world.look().await;
    assert!(!world.runner.is_alive(&id, 1));
    assert_eq!(world.run(&id).await.status, RunStatus::Canceled);
}

#[tokio::test]
async fn what_was_asked_of_a_lost_run_is_done() {
    for (asked, status, told) in [
        (
            StopRequest::Cancel,
            RunStatus::Canceled,
            event_type::CANCELED,
        ),
        (StopRequest::Pause, RunStatus::Paused, event_type::PAUSED),
    ] {
        let world = World::new(5).await;
        let id = world.queued().await;
        world.dispatch().await;
        world.request_stop(&id, asked).await;
        world
            .runner
            .see(&world.run(&id).await, Observation::Ended(None));
        world.clock.turn(13);
        world.look().await;
        assert_eq!(world.run(&id).await.status, status);
        assert_eq!(world.events(&id).await.last().unwrap(), told);
    }
}

#[tokio::test]
async fn a_restarted_server_takes_back_what_it_had_given_out() {
    let world = World::new(5).await;
    let (alive, dead, unborn) = (
        world.queued().await,
        world.queued().await,
        world.queued().await,
    );
    world.dispatch().await;
    let ended = Observation::Ended(None);
    world.runner.see(&world.run(&dead).await, ended);
    let unknown = Observation::Unknown;
    world.runner.see(&world.run(&unborn).await, unknown);
    let going_on = CancellationToken::new();
    world.dispatcher.take_back(&going_on).await;
    assert_eq!(world.run(&alive).await.status, RunStatus::Running);
    for lost in [dead, unborn] {
        assert_eq!(world.run(&lost).await.status, RunStatus::Queued);
        assert_eq!(
            world.events(&lost).await.last().unwrap(),
            event_type::RUNNER_LOST
        );
    }
}

#[tokio::test]
async fn the_process_of_a_run_that_is_over_is_ended() {
    let world = World::new(5).await;
    let id = world.queued().await;
    world.dispatch().await;
    let event = NewEvent::new(event_type::CANCELED, world.clock.now(), json!({}));
    let cancelled = Change::new(Transition::Cancel, event);
    world.store.change_run(&id, cancelled).await.unwrap();
    world.look().await;
    assert!(!world.runner.is_alive(&id, 1));
    assert_eq!(world.run(&id).await.status, RunStatus::Canceled);
}

#[tokio::test]
async fn the_process_of_an_attempt_that_another_has_followed_is_ended() {
    let world = World::new(5).await;
    let id = world.queued().await;
    world.dispatch().await;
    let old = world.run(&id).await;
    world.clock.turn(13);
    world.look().await;
    world.clock.turn(60);
    world.dispatch().await;
    // It was believed to be dead.
    world.runner.see(&old, Observation::Alive);
    world.look().await;
    assert!(!world.runner.is_alive(&id, 1) && world.runner.is_alive(&id, 2));
}

#[tokio::test]
async fn a_runner_that_cant_be_started_now_is_tried_again_and_one_that_never_will_fails() {
    let world = World::new(5).await;
    let id = world.queued().await;
    *world.runner.refusal.lock().unwrap() = Some(|| Error::unavailable("no room"));
    world.dispatch().await;
    assert_eq!(world.run(&id).await.status, RunStatus::Queued);
    assert_eq!(
        world.events(&id).await.last().unwrap(),
        event_type::DISPATCH_FAILED
    );
    *world.runner.refusal.lock().unwrap() = Some(|| Error::invalid("bad", "no such image"));
    world.clock.turn(60);
    world.dispatch().await;
    let run = world.run(&id).await;
    assert_eq!(run.status, RunStatus::Failed);
    assert!(run.error.unwrap().contains("no such image"));
}

#[tokio::test]
async fn a_server_that_was_away_gives_those_who_live_time_for_a_heartbeat() {
    let world = World::new(5).await;
    let id = world.queued().await;
    world.dispatch().await;
    world.clock.turn(600);
    world.dispatcher.look(false).await.unwrap();
    assert_eq!(world.run(&id).await.status, RunStatus::Running);
}

#[tokio::test]
async fn it_works_until_it_is_told_to_stop() {
    let world = World::new(5).await;
    let shutdown = CancellationToken::new();
    let work = async {
        let id = world.queued().await;
        world.queue.push(&id).await.unwrap();
        while !world.runner.is_alive(&id, 1) {
            tokio::task::yield_now().await;
        }
        shutdown.cancel();
    };
    tokio::join!(world.dispatcher.run(shutdown.clone()), work);
}
