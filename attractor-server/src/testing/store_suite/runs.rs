use serde_json::json;

use super::Open;
use super::world::{World, at, change, event, fenced};
use crate::domain::{
    Error, ErrorKind, NewRun, PageRequest, Run, RunId, RunStatus, RunType, Timestamp, Transition,
    event_type,
};
use crate::store::{Change, Fence, IdempotencyKey, RunFilter};

pub(super) async fn suite(open: Open) {
    let store = open().await;
    one_branch_has_one_active_run(&World::new(store.clone(), "branch").await).await;
    a_key_makes_one_run(&World::new(store.clone(), "key").await).await;
    only_legal_changes_happen(&World::new(open().await, "changes").await).await;
    a_change_is_an_event(&World::new(store.clone(), "events").await).await;
    lists_are_filtered(&World::new(store.clone(), "filter").await).await;
    last_events_are_told_of_many(&World::new(store, "last").await).await;
}

fn code(error: &Error) -> (ErrorKind, &'static str) {
    (error.kind(), error.code())
}

async fn create(world: &World, new: NewRun) -> Result<Run, Error> {
    let event = event(event_type::QUEUED, 1);
    world.store.create_run(new, event, None).await
}

async fn one_branch_has_one_active_run(world: &World) {
    let new = world.new_run(RunType::Implementation, "work");
    let first = create(world, new.clone()).await.unwrap();
    assert_eq!(
        (first.status, first.last_seq, first.attempt),
        (RunStatus::Queued, 1, 0)
    );
    assert_eq!(world.store.run(&first.id).await.unwrap(), first);
    let refused = create(world, new.clone()).await.unwrap_err();
    assert_eq!(code(&refused), (ErrorKind::Conflict, "run_active"));
    assert_eq!(refused.details(), Some(&json!({ "runId": first.id })));
    let forced = NewRun {
        force: true,
        ..new.clone()
    };
    let forced = create(world, forced).await.unwrap();
    let others = [
        world.new_run(RunType::Implementation, "other"),
        world.new_run(RunType::Planning, "work"),
    ];
    for other in others {
        let other = create(world, other).await.unwrap();
        world
            .store
            .change_run(&other.id, change(Transition::Cancel, 2))
            .await
            .unwrap();
    }
    let failed = world
        .store
        .change_run(&first.id, change(Transition::Fail, 2))
        .await
        .unwrap();
    assert_eq!(failed.finished_at, Some(at(2)));
    let refused = create(world, new.clone()).await.unwrap_err();
    assert_eq!(refused.details(), Some(&json!({ "runId": forced.id })));
    world
        .store
        .change_run(&forced.id, change(Transition::Cancel, 3))
        .await
        .unwrap();
    let second = create(world, new).await.unwrap();
    let refused = world
        .store
        .change_run(&first.id, change(Transition::Resume, 4))
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(code(&refused), (ErrorKind::Conflict, "run_active"));
    assert_eq!(refused.details(), Some(&json!({ "runId": second.id })));
    world
        .store
        .change_run(&second.id, change(Transition::Cancel, 5))
        .await
        .unwrap();
    let resumed = world
        .store
        .change_run(&first.id, change(Transition::Resume, 6))
        .await
        .unwrap();
    assert_eq!(
        (resumed.status, resumed.finished_at),
        (RunStatus::Queued, None)
    );
    world
        .store
        .change_run(&first.id, change(Transition::Cancel, 7))
        .await
        .unwrap();
}

async fn a_key_makes_one_run(world: &World) {
    let new = world.new_run(RunType::Task, "none");
    let key = |actor, fingerprint| {
        let key = "k";
        Some(IdempotencyKey {
            actor,
            key,
            fingerprint,
        })
    };
    let create = |seconds, key| {
        let event = event(event_type::QUEUED, seconds);
        world.store.create_run(new.clone(), event, key)
    };
    let first = create(1, key("ann", "a")).await.unwrap();
    assert_eq!(create(2, key("ann", "a")).await.unwrap(), first);
    let refused = create(3, key("ann", "b")).await.unwrap_err();
    assert_eq!(
        code(&refused),
        (ErrorKind::Conflict, "idempotency_key_reused")
    );
    let other = create(4, key("bob", "b")).await.unwrap();
    assert_ne!(other.id, first.id);
    let late = create(100_000, key("ann", "b")).await.unwrap();
    assert_ne!(late.id, first.id, "a day later the key is free again");
    for run in [first, other, late] {
        world
            .store
            .change_run(&run.id, change(Transition::Cancel, 100_001))
            .await
            .unwrap();
    }
}

async fn only_legal_changes_happen(world: &World) {
    let leased = world.running(1).await;
    let id = &leased.run.id;
    let refused = world
        .store
        .change_run(id, change(Transition::Resume, 2))
        .await
        .unwrap_err();
    assert_eq!(code(&refused), (ErrorKind::Conflict, "run_status"));
    assert_eq!(refused.details(), Some(&json!({ "status": "RUNNING" })));
    let refused = world
        .store
        .change_run(id, fenced(Transition::Succeed, 9, 2))
        .await
        .unwrap_err();
    assert_eq!(code(&refused), (ErrorKind::Conflict, "stale_attempt"));
    let canceled = world
        .store
        .change_run(id, change(Transition::Cancel, 3))
        .await
        .unwrap();
    assert_eq!(
        (canceled.status, canceled.finished_at),
        (RunStatus::Canceled, Some(at(3)))
    );
    let late = world
        .store
        .change_run(id, fenced(Transition::Succeed, 1, 4))
        .await
        .unwrap_err();
    assert_eq!(
        code(&late),
        (ErrorKind::Conflict, "run_status"),
        "a late success is refused"
    );
    assert_eq!(world.store.run(id).await.unwrap(), canceled);
}

async fn a_change_is_an_event(world: &World) {
    let leased = world.running(1).await;
    let id = &leased.run.id;
    let failed = Change {
        error: Some("broke\0n".to_owned()),
        pr_url: Some("https://x/1".to_owned()),
        fence: Some(Fence(1)),
        ..change(Transition::Fail, 2)
    };
    let failed = world.store.change_run(id, failed).await.unwrap();
    assert_eq!(failed.error.as_deref(), Some("broke\u{fffd}n"));
    assert_eq!(failed.pr_url.as_deref(), Some("https://x/1"));
    let resumed = world
        .store
        .change_run(id, change(Transition::Resume, 3))
        .await
        .unwrap();
    assert_eq!((resumed.error, resumed.pr_url), (None, failed.pr_url));
    let events = world.store.events(id, 0, 10).await.unwrap();
    let kinds: Vec<_> = events.iter().map(|it| (it.seq, it.kind.as_str())).collect();
    let expected = [
        (1, "RunQueued"),
        (2, "RunDispatched"),
        (3, "Changed"),
        (4, "Changed"),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(resumed.last_seq, 4);
    world
        .store
        .change_run(id, change(Transition::Cancel, 5))
        .await
        .unwrap();
}

async fn lists_are_filtered(world: &World) {
    let project = Some(world.project.id.clone());
    let one = world.queue_on("one", false, 1).await;
    let two = world.queue_on("two", false, 2).await;
    let task = world.queue(3).await;
    world
        .store
        .change_run(&one.id, change(Transition::Cancel, 4))
        .await
        .unwrap();
    let list = async |filter: RunFilter| {
        let page = world
            .store
            .runs(&filter, &PageRequest::default())
            .await
            .unwrap();
        page.items.into_iter().map(|run| run.id).collect::<Vec<_>>()
    };
    let of_project = RunFilter {
        project,
        ..RunFilter::default()
    };
    assert_eq!(
        list(of_project.clone()).await,
        [task.id.clone(), two.id.clone(), one.id.clone()]
    );
    let waiting = RunFilter {
        status: vec![RunStatus::Queued, RunStatus::Running],
        ..of_project.clone()
    };
    assert_eq!(list(waiting).await, [task.id.clone(), two.id.clone()]);
    let on_branch = RunFilter {
        target_branch: Some(two.target_branch.clone()),
        run_type: Some(RunType::Implementation),
        ..of_project
    };
    assert_eq!(list(on_branch).await, std::slice::from_ref(&two.id));
    assert_ended_before(world, &one.id).await;
    let counts = world.store.count_runs().await.unwrap();
    assert!(counts.contains(&(RunStatus::Queued, 2)), "{counts:?}");
    let (of, since) = (Some(&task.project_id), task.created_at);
    let sums = world.store.sum_runs(of, since).await.unwrap();
    let queued = sums.iter().find(|it| it.status == RunStatus::Queued);
    assert!(queued.is_some_and(|it| it.runs >= 1 && it.cost_micro_usd == 0));
    let later = since.plus(std::time::Duration::from_secs(86_400));
    assert_eq!(world.store.sum_runs(of, later).await.unwrap(), []);
    let refused = world.store.delete_run(&two.id).await.unwrap_err();
    assert_eq!(code(&refused), (ErrorKind::Conflict, "run_active"));
    world.store.delete_run(&one.id).await.unwrap();
    assert_eq!(
        world.store.run(&one.id).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

async fn last_events_are_told_of_many(world: &World) {
    let mut expected = Vec::new();
    let mut ids = vec![RunId::new()];
    for number in 0..5 {
        let run = create(world, world.new_run(RunType::Task, "work")).await;
        let id = run.unwrap().id;
        let events = (0..number).map(|_| event("Something", 2)).collect();
        world.store.append(&id, events).await.unwrap();
        expected.push((id.clone(), 1 + number));
        ids.push(id);
    }
    let of = async |ids: &[RunId]| {
        let mut found = world.store.last_events(ids).await.unwrap();
        found.sort();
        found
    };
    expected.sort();
    assert_eq!(of(&ids).await, expected, "one isn't there");
    assert_eq!(of(&[]).await, []);
    assert_eq!(of(&[expected[3].0.clone()]).await, [expected[3].clone()]);
}

/// Of the world's runs this one has ended, and no other.
async fn assert_ended_before(world: &World, run: &RunId) {
    let finished = world.store.run(run).await.unwrap().finished_at.unwrap();
    for (later, expected) in [(0, vec![]), (1, vec![run.clone()])] {
        let filter = RunFilter {
            project: Some(world.project.id.clone()),
            finished_before: Some(Timestamp::from_millis(finished.as_millis() + later)),
            ..RunFilter::default()
        };
        let request = PageRequest::default();
        let page = world.store.runs(&filter, &request).await.unwrap();
        let found: Vec<RunId> = page.items.into_iter().map(|run| run.id).collect();
        assert_eq!(found, expected);
    }
}
