use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::Open;
use super::attractors::{new as attractor, text};
use super::world::{UNLIMITED, World, at, branch, change, event, fenced, lease};
use crate::domain::{Error, NewRun, Run, RunStatus, RunType, Transition, event_type};
use crate::store::{IdempotencyKey, LeasedRun, Store};

/// All of it with two handles, as two servers have them.
pub(super) async fn suite(open: Open) {
    let stores = [open().await, open().await];
    let world = World::new(stores[0].clone(), "concurrency").await;
    each_run_is_claimed_once(&world, &stores).await;
    of_many_one_gets_the_branch(&world, &stores).await;
    of_many_requests_one_makes_a_run(&world, &stores).await;
    texts_saved_at_once_are_versions_of_their_own(&world, &stores).await;
    a_run_ends_once(&world, &stores).await;
    events_are_numbered_whoever_stores_them(&world, &stores).await;
}

/// Runs tasks at the same time, half of them at each store; what they say.
async fn at_once<T, F>(
    stores: &[Arc<dyn Store>; 2],
    count: usize,
    task: impl Fn(usize, Arc<dyn Store>) -> F,
) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for number in 0..count {
        tasks.spawn(task(number, Arc::clone(&stores[number % 2])));
    }
    tasks.join_all().await
}

async fn each_run_is_claimed_once(world: &World, stores: &[Arc<dyn Store>; 2]) {
    let mut waiting = BTreeSet::new();
    for seconds in 0..20 {
        waiting.insert(world.queue(seconds).await.id);
    }
    let claims = at_once(stores, 50, |number, store| async move {
        let lease = lease(format!("token {number}").as_bytes());
        store.claim(&lease, UNLIMITED, at(30)).await
    });
    let claims: Vec<Option<LeasedRun>> = claims.await.into_iter().map(Result::unwrap).collect();
    let claimed: Vec<LeasedRun> = claims.into_iter().flatten().collect();
    assert_eq!(claimed.len(), 20);
    let runs: BTreeSet<_> = claimed.iter().map(|it| it.run.id.clone()).collect();
    assert_eq!(runs, waiting, "each once");
    assert!(claimed.iter().all(|it| it.run.attempt == 1));
    for run in runs {
        world
            .store
            .change_run(&run, fenced(Transition::Succeed, 1, 31))
            .await
            .unwrap();
    }
}

async fn of_many_one_gets_the_branch(world: &World, stores: &[Arc<dyn Store>; 2]) {
    let new = world.new_run(RunType::Implementation, "contested");
    let created = at_once(stores, 20, |_, store| {
        let new = new.clone();
        async move {
            store
                .create_run(new, event(event_type::QUEUED, 1), None)
                .await
        }
    });
    let (created, refused): (Vec<_>, Vec<_>) = created.await.into_iter().partition(Result::is_ok);
    assert_eq!((created.len(), refused.len()), (1, 19));
    let codes = refused.into_iter().map(|it| it.unwrap_err().code());
    assert!(codes.into_iter().all(|code| code == "run_active"));
    // Those that were forced wait for the branch.
    for _forced in 0..4 {
        let new = NewRun {
            force: true,
            ..new.clone()
        };
        world
            .store
            .create_run(new, event(event_type::QUEUED, 2), None)
            .await
            .unwrap();
    }
    for _turn in 0..5 {
        let claims = at_once(stores, 6, |number, store| async move {
            let lease = lease(format!("writer {number}").as_bytes());
            store.claim(&lease, UNLIMITED, at(3)).await.unwrap()
        });
        let claimed: Vec<LeasedRun> = claims.await.into_iter().flatten().collect();
        assert_eq!(claimed.len(), 1, "one writes at a time");
        assert_eq!(claimed[0].run.target_branch, branch("contested"));
        let done = change(Transition::Succeed, 4);
        world
            .store
            .change_run(&claimed[0].run.id, done)
            .await
            .unwrap();
    }
}

async fn of_many_requests_one_makes_a_run(world: &World, stores: &[Arc<dyn Store>; 2]) {
    let new = world.new_run(RunType::Implementation, "repeated");
    let created = at_once(stores, 10, |_, store| {
        let new = new.clone();
        async move {
            let key = IdempotencyKey {
                actor: "ann",
                key: "k",
                fingerprint: "f",
            };
            store
                .create_run(new, event(event_type::QUEUED, 1), Some(key))
                .await
        }
    });
    let created: Vec<Run> = created.await.into_iter().map(Result::unwrap).collect();
    let ids: BTreeSet<_> = created.iter().map(|run| run.id.clone()).collect();
    assert_eq!(ids.len(), 1, "all are told of the same run");
    world
        .store
        .change_run(&created[0].id, change(Transition::Cancel, 2))
        .await
        .unwrap();
}

async fn texts_saved_at_once_are_versions_of_their_own(
    world: &World,
    stores: &[Arc<dyn Store>; 2],
) {
    let attractor = attractor(world, "saved at once");
    let made = world.store.create_attractor(attractor.clone(), None).await;
    let id = made.unwrap().id;
    let save = async |what: &'static str, expected: Option<i64>| {
        let saved = at_once(stores, 10, |number, store| {
            let mut new = text(&format!("{what} {number}"), expected);
            new.author = Some(format!("author {number}"));
            let (id, same) = (id.clone(), attractor.clone());
            async move { store.change_attractor(&id, same, Some(new)).await }
        });
        saved.await
    };
    let saved = save("any", None).await.into_iter();
    let numbers: BTreeSet<i64> = saved.map(|it| it.unwrap().content_version).collect();
    assert_eq!(numbers, (1..=10).collect(), "each has a number");
    for number in numbers {
        let version = world.store.attractor_version(&id, number).await;
        let (version, content) = version.unwrap();
        let of = content.strip_prefix("any ").unwrap();
        assert_eq!(
            version.author,
            Some(format!("author {of}")),
            "each its own text"
        );
    }
    // Who has read a version and changes that one: the first may.
    let saved = save("that", Some(10)).await;
    let (saved, refused): (Vec<_>, Vec<_>) = saved.into_iter().partition(Result::is_ok);
    assert_eq!((saved.len(), refused.len()), (1, 9));
    let codes = refused.into_iter().map(|it| it.unwrap_err().code());
    assert!(codes.into_iter().all(|code| code == "version_conflict"));
}

async fn a_run_ends_once(world: &World, stores: &[Arc<dyn Store>; 2]) {
    for _again in 0..10 {
        let run = world.running(1).await.run;
        let changed = at_once(stores, 4, |number, store| {
            let id = run.id.clone();
            let end = match number {
                0 | 3 => change(Transition::Cancel, 2),
                _ => fenced(Transition::Succeed, 1, 2),
            };
            async move { store.change_run(&id, end).await }
        });
        let changed: Vec<Result<Run, Error>> = changed.await;
        let (done, refused): (Vec<_>, Vec<_>) = changed.into_iter().partition(Result::is_ok);
        assert_eq!((done.len(), refused.len()), (1, 3));
        assert!(
            refused
                .into_iter()
                .all(|it| it.unwrap_err().code() == "run_status")
        );
        let now = world.store.run(&run.id).await.unwrap();
        assert_eq!(
            Some(now.status),
            done.into_iter().next().map(|it| it.unwrap().status)
        );
        assert!(matches!(
            now.status,
            RunStatus::Canceled | RunStatus::Succeeded
        ));
        assert_eq!(now.last_seq, 3, "one event tells it");
    }
}

async fn events_are_numbered_whoever_stores_them(world: &World, stores: &[Arc<dyn Store>; 2]) {
    let run = world.queue(1).await.id;
    let appended = at_once(stores, 20, |number, store| {
        let run = run.clone();
        let events = (0..5).map(|_| event(&format!("Task{number}"), 2)).collect();
        async move { store.append(&run, events).await.unwrap() }
    });
    for events in appended.await {
        assert!(
            events.windows(2).all(|it| it[1].seq == it[0].seq + 1),
            "a batch is together"
        );
    }
    let events = world.store.events(&run, 0, 1_000).await.unwrap();
    assert!(events.iter().map(|it| it.seq).eq(1..=101));
    world
        .store
        .change_run(&run, change(Transition::Cancel, 3))
        .await
        .unwrap();
}
