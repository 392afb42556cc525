//! What a store knows, by what it is and its id.

use std::collections::BTreeMap;
use std::time::Duration;

use attractor_server::domain::{
    Clock as _, ModelConfig, NewEvent, NewRun, PageRequest, Project, ProjectId, Run, RunId,
    RunType, SystemClock, Timestamp, event_type,
};
use attractor_server::store::{
    Artifacts as _, Attractors as _, Audit as _, Bundles as _, ClaimLimits, Events as _, Fence,
    IdempotencyKey, Lease, Leases as _, Projects as _, Questions as _, RunFilter, Runs as _,
    Secrets as _, Settings as _, SqlStore, StopRequest, Tokens as _, WebSessions as _,
};
use serde::Serialize;
use serde_json::{Value, json};

/// Everything that lists bring to light.
#[derive(Default)]
struct Contents(BTreeMap<String, Value>);

impl Contents {
    fn put(&mut self, kind: &str, id: impl std::fmt::Display, value: impl Serialize) {
        let value = serde_json::to_value(value).unwrap();
        self.0.insert(format!("{kind}/{id}"), value);
    }
}

/// Everything that the fixtures have: less than a page of each.
pub(super) async fn all(store: &SqlStore) -> BTreeMap<String, Value> {
    let page = PageRequest::new(Some(500), None).unwrap();
    let mut all = Contents::default();
    for project in store.projects(None, &page).await.unwrap().items {
        of_project(store, &project, &mut all).await;
        all.put("project", &project.id, &project);
    }
    let filter = RunFilter::default();
    for run in store.runs(&filter, &page).await.unwrap().items {
        of_run(store, &run, &mut all).await;
        all.put("run", &run.id, &run);
    }
    for token in store.tokens(&page).await.unwrap().items {
        all.put("token", &token.id, &token);
    }
    for entry in store.audit(None, &page).await.unwrap().items {
        all.put("audit", &entry.id, &entry);
    }
    all.0
}

async fn of_project(store: &SqlStore, project: &Project, all: &mut Contents) {
    let page = PageRequest::new(Some(500), None).unwrap();
    for (secret, values) in store.sealed_secrets(&project.id).await.unwrap() {
        let mut value = serde_json::to_value(&secret).unwrap();
        value["sealed"] = json!(values.bytes);
        value["keyId"] = json!(values.key_id);
        all.put("secret", &secret.id, value);
    }
    for attractor in store.attractors(&project.id, &page).await.unwrap().items {
        let versions = store.attractor_versions(&attractor.id, &page).await;
        for version in versions.unwrap().items {
            let number = version.version;
            let (version, content) = store
                .attractor_version(&attractor.id, number)
                .await
                .unwrap();
            let mut value = serde_json::to_value(version).unwrap();
            value["content"] = json!(content);
            all.put("version", format!("{}/{number}", attractor.id), value);
        }
        all.put("attractor", &attractor.id, &attractor);
    }
    for bundle in store.bundles(&project.id, &page).await.unwrap().items {
        all.put("bundle", &bundle.id, &bundle);
    }
}

async fn of_run(store: &SqlStore, run: &Run, all: &mut Contents) {
    let page = PageRequest::new(Some(500), None).unwrap();
    let place = |seq: i64| format!("{}/{seq}", run.id);
    for event in store.events(&run.id, 0, 500).await.unwrap() {
        all.put("event", place(event.seq), &event);
    }
    for entry in store.journal(&run.id, 0, 500).await.unwrap() {
        all.put("journal", place(entry.seq), &entry);
    }
    for artifact in store.artifacts(&run.id, &page).await.unwrap().items {
        all.put("artifact", &artifact.id, &artifact);
    }
    for question in store.questions(&run.id).await.unwrap() {
        all.put("question", &question.id, &question);
    }
}

/// What of the first version's data no list has, and that the store goes on from it.
pub(super) async fn check_use(store: &SqlStore) {
    people_come_back(store).await;
    what_was_used_once_stays_used(store).await;
    a_runner_goes_on(store).await;
    the_queue_goes_on(store).await;
}

async fn people_come_back(store: &SqlStore) {
    let now = SystemClock.now();
    let by = async |hash: u8| store.token_by_hash(&[hash], now).await.unwrap();
    assert_eq!(by(0x01).await.unwrap().id.as_str(), "token-1");
    assert_eq!(by(0x02).await.unwrap().id.as_str(), "token-2");
    assert_eq!(by(0x03).await, None, "it was taken back");
    let session = store.session(&[0x11], now).await.unwrap().unwrap();
    assert_eq!(session.token.id.as_str(), "token-1");
    let link = store.take_sign_in_link(&[0x21], now).await.unwrap();
    assert_eq!(link.unwrap().as_str(), "token-1");
    let color = store.setting("color").await.unwrap();
    assert_eq!(color, Some(json!({ "of": "sky" })));
}

async fn what_was_used_once_stays_used(store: &SqlStore) {
    let now = SystemClock.now();
    let later = now.plus(Duration::from_secs(60));
    assert!(!store.use_once(&[0x31], now, later).await.unwrap());
    let event = NewEvent::new(event_type::QUEUED, at(11), json!({}));
    let key = IdempotencyKey {
        actor: "ann",
        key: "again",
        fingerprint: "print",
    };
    let same = store.create_run(new_run(), event, Some(key)).await;
    assert_eq!(same.unwrap().id, run("run-1"));
}

async fn a_runner_goes_on(store: &SqlStore) {
    let (id, fence) = (run("run-2"), Fence(2));
    let leased = store.run_of_token(&[0xa2]).await.unwrap().unwrap();
    assert_eq!((&leased.run.id, leased.owner.as_str()), (&id, "server-1"));
    assert_eq!(leased.expires_at, at(32));
    let leased = store.heartbeat(&id, fence, at(1_000)).await.unwrap();
    assert_eq!(leased.stop, Some(StopRequest::Pause));
    let events = vec![(NewEvent::new("EngineText", at(30), json!({ "a": 1 })), 5)];
    let stored = store.append_from_runner(&id, fence, 0, events).await;
    let stored = stored.unwrap();
    assert_eq!((stored.journal_seq, stored.events[0].seq), (1, 2));
}

async fn the_queue_goes_on(store: &SqlStore) {
    let lease = Lease {
        owner: "server-1".to_owned(),
        duration: Duration::from_secs(12),
        token_hash: vec![0xa3],
    };
    let limits = ClaimLimits {
        global: 20,
        per_project: 5,
    };
    let claimed = store.claim(&lease, limits, at(100)).await.unwrap().unwrap();
    assert_eq!(claimed.run.id, run("run-3"));
    assert_eq!((claimed.run.attempt, claimed.run.last_seq), (1, 2));
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_771_948_800_000).plus(Duration::from_secs(seconds))
}

fn run(id: &str) -> RunId {
    id.parse().unwrap()
}

fn new_run() -> NewRun {
    let branch = |name: &str| name.to_owned().try_into().unwrap();
    NewRun {
        project_id: "project-1".parse::<ProjectId>().unwrap(),
        attractor_def_id: "attractor-1".parse().unwrap(),
        run_type: RunType::Planning,
        source_branch: branch("main"),
        target_branch: branch("work/1"),
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
    }
}
