use super::Open;
use super::world::{UNLIMITED, World, at, change, event, fenced, lease};
use crate::domain::{ErrorKind, ProjectChange, RunStatus, Transition, event_type};
use crate::store::{Change, ClaimLimits, Deferral, Fence, Lease, StopRequest};

pub(super) async fn suite(open: Open) {
    let store = open().await;
    a_lease_is_one_attempt(&World::new(store.clone(), "attempt").await).await;
    a_lease_that_is_over_is_taken_over_once(&World::new(store.clone(), "over").await).await;
    a_request_to_stop_is_kept(&World::new(store.clone(), "stop").await).await;
    claims_are_fair(&open).await;
    claims_wait_their_turn(&World::new(store.clone(), "turn").await).await;
    what_has_begun_is_for_its_server(&World::new(store.clone(), "home").await).await;
    a_branch_has_one_writer(&World::new(store.clone(), "writer").await).await;
    a_reason_is_told_once(&World::new(store, "reason").await).await;
}

async fn a_lease_is_one_attempt(world: &World) {
    let run = world.queue(1).await;
    let store = &world.store;
    let leased = store
        .claim(&lease(b"token"), UNLIMITED, at(2))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(leased.run.id, run.id);
    assert_eq!(
        (leased.run.status, leased.run.attempt),
        (RunStatus::Running, 1)
    );
    assert_eq!(
        (leased.run.started_at, leased.expires_at),
        (Some(at(2)), at(14))
    );
    let found = store.run_of_token(b"token").await.unwrap().unwrap();
    assert_eq!(found, leased);
    assert_eq!(store.run_of_token(b"other").await.unwrap(), None);
    assert_eq!(
        store.leased_by("server").await.unwrap(),
        std::slice::from_ref(&leased)
    );
    assert_eq!(store.leased_by("other").await.unwrap(), []);
    assert_eq!(store.expired(at(13), 10).await.unwrap(), []);
    let beaten = store.heartbeat(&run.id, Fence(1), at(20)).await.unwrap();
    assert_eq!(beaten.expires_at, at(20));
    assert_eq!(store.expired(at(19), 10).await.unwrap(), []);
    assert_eq!(store.expired(at(20), 10).await.unwrap(), [beaten]);
    store
        .change_run(&run.id, fenced(Transition::Requeue, 1, 21))
        .await
        .unwrap();
    assert_eq!(store.run_of_token(b"token").await.unwrap(), None);
    let stale = store
        .heartbeat(&run.id, Fence(1), at(30))
        .await
        .unwrap_err();
    assert_eq!(
        (stale.kind(), stale.code()),
        (ErrorKind::Conflict, "stale_attempt")
    );
    let second = store
        .claim(&lease(b"second"), UNLIMITED, at(22))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (second.run.attempt, second.run.started_at),
        (2, Some(at(2)))
    );
    let stale = store
        .heartbeat(&run.id, Fence(1), at(30))
        .await
        .unwrap_err();
    assert_eq!(stale.code(), "stale_attempt");
    store
        .change_run(&run.id, fenced(Transition::Succeed, 2, 23))
        .await
        .unwrap();
}

async fn a_lease_that_is_over_is_taken_over_once(world: &World) {
    let leased = world.running(1).await;
    let (store, run) = (&world.store, &leased.run);
    let take = async |attempt, now| {
        let times = (at(now), at(now + 12));
        let taken = store.take_over(&run.id, Fence(attempt), times);
        taken.await.unwrap()
    };
    assert!(!take(1, 12).await, "it isn't over yet");
    store.heartbeat(&run.id, Fence(1), at(20)).await.unwrap();
    assert!(!take(1, 19).await, "there was a heartbeat");
    assert!(!take(2, 20).await, "there is no such attempt");
    assert!(take(1, 20).await);
    assert!(!take(1, 20).await, "another was faster");
    assert!(take(1, 32).await, "whoever was has done nothing");
    let done = change(Transition::Cancel, 40);
    store.change_run(&run.id, done).await.unwrap();
    assert!(!take(1, 50).await);
}

async fn what_has_begun_is_for_its_server(world: &World) {
    let (store, begun) = (&world.store, world.running(1).await.run);
    let requeue = async |attempt, seconds| {
        let change = fenced(Transition::Requeue, attempt, seconds);
        store.change_run(&begun.id, change).await.unwrap();
    };
    let claim = async |owner: &str, seconds| {
        let lease = Lease {
            owner: owner.to_owned(),
            ..lease(&rand::random::<[u8; 32]>())
        };
        let claimed = store.claim(&lease, UNLIMITED, at(seconds)).await;
        claimed.unwrap().map(|leased| leased.run.id)
    };
    requeue(1, 4).await;
    assert_eq!(claim("other", 6).await, None, "its files are elsewhere");
    assert_eq!(claim("server", 6).await, Some(begun.id.clone()));
    requeue(2, 7).await;
    assert_eq!(claim("other", 606).await, None);
    assert_eq!(claim("other", 607).await, Some(begun.id.clone()));
    let done = change(Transition::Cancel, 700);
    store.change_run(&begun.id, done).await.unwrap();
}

async fn a_request_to_stop_is_kept(world: &World) {
    let leased = world.running(1).await;
    let (store, run) = (&world.store, &leased.run);
    for (stop, expected) in [
        (StopRequest::Pause, StopRequest::Pause),
        (StopRequest::Cancel, StopRequest::Cancel),
        (StopRequest::Pause, StopRequest::Cancel),
    ] {
        let told = event(event_type::STOP_REQUESTED, 3);
        let asked = store.request_stop(&run.id, stop, told).await.unwrap();
        let events = store.events(&run.id, asked.last_seq - 1, 10).await.unwrap();
        let kinds: Vec<_> = events.iter().map(|it| it.kind.as_str()).collect();
        assert_eq!(kinds, [event_type::STOP_REQUESTED]);
        let beaten = store.heartbeat(&run.id, Fence(1), at(20)).await.unwrap();
        assert_eq!(beaten.stop, Some(expected));
    }
    let fence = fenced(Transition::Requeue, 1, 2);
    store.change_run(&run.id, fence).await.unwrap();
    let told = event(event_type::STOP_REQUESTED, 3);
    let refused = store.request_stop(&run.id, StopRequest::Pause, told).await;
    let refused = refused.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.code()),
        (ErrorKind::Conflict, "run_status")
    );
    let second = world.claim(3).await.unwrap();
    assert_eq!(second.stop, None, "another attempt wasn't asked");
    store
        .change_run(&run.id, change(Transition::Cancel, 4))
        .await
        .unwrap();
}

async fn claims_are_fair(open: &Open) {
    let store = open().await;
    let many = World::new(store.clone(), "many").await;
    let few = World::new(store, "few").await;
    let mut expected = Vec::new();
    for seconds in 1..=4 {
        expected.push(many.queue(seconds).await.id);
    }
    let late = few.queue(10).await.id;
    expected.insert(1, late);
    let mut claimed = Vec::new();
    while let Some(leased) = many.claim(20).await {
        claimed.push(leased.run.id);
    }
    assert_eq!(
        claimed, expected,
        "the one that has less comes before what waits longer"
    );
    for id in claimed {
        many.store
            .change_run(&id, fenced(Transition::Succeed, 1, 21))
            .await
            .unwrap();
    }
}

async fn claims_wait_their_turn(world: &World) {
    let store = &world.store;
    let limits = |global, per_project| ClaimLimits {
        global,
        per_project,
    };
    let claim = async |token: &[u8], limits, seconds| {
        store
            .claim(&lease(token), limits, at(seconds))
            .await
            .unwrap()
    };
    let first = world.queue(1).await;
    let second = world.queue(2).await;
    let one = claim(b"1", limits(10, 1), 3).await.unwrap();
    assert_eq!(one.run.id, first.id);
    assert_eq!(
        claim(b"2", limits(10, 1), 3).await,
        None,
        "the project's limit"
    );
    assert_eq!(
        claim(b"2", limits(1, 10), 3).await,
        None,
        "the limit of all"
    );
    let change_limit = |limit| ProjectChange {
        concurrency_limit: Some(limit),
        ..ProjectChange::default()
    };
    store
        .change_project(&world.project.id, change_limit(Some(2)))
        .await
        .unwrap();
    let two = claim(b"2", limits(10, 1), 3).await.unwrap();
    assert_eq!(two.run.id, second.id, "a project's own limit counts");
    store
        .change_project(&world.project.id, change_limit(None))
        .await
        .unwrap();
    let requeued = Change {
        not_before: Some(at(10)),
        ..fenced(Transition::Requeue, 1, 4)
    };
    store.change_run(&first.id, requeued).await.unwrap();
    assert_eq!(
        claim(b"3", UNLIMITED, 9).await,
        None,
        "its time hasn't come"
    );
    assert_eq!(claim(b"3", UNLIMITED, 10).await.unwrap().run.id, first.id);
    for run in [&first.id, &second.id] {
        store
            .change_run(run, change(Transition::Succeed, 11))
            .await
            .unwrap();
    }
}

async fn a_branch_has_one_writer(world: &World) {
    let first = world.queue_on("work", false, 1).await;
    let forced = world.queue_on("work", true, 2).await;
    let other = world.queue_on("other", false, 3).await;
    assert_eq!(world.claim(4).await.unwrap().run.id, first.id);
    assert_eq!(
        world.claim(4).await.unwrap().run.id,
        other.id,
        "what waits isn't in the way"
    );
    assert_eq!(world.claim(4).await, None);
    let deferred = world.store.deferred(UNLIMITED, at(4)).await.unwrap();
    let by = first.id.clone();
    assert_eq!(
        deferred,
        [(
            forced.id.clone(),
            world.project.id.clone(),
            Deferral::BranchLock { by }
        )]
    );
    world
        .store
        .change_run(&first.id, change(Transition::Succeed, 5))
        .await
        .unwrap();
    assert_eq!(world.claim(6).await.unwrap().run.id, forced.id);
    for run in [forced, other] {
        world
            .store
            .change_run(&run.id, change(Transition::Succeed, 7))
            .await
            .unwrap();
    }
}

async fn a_reason_is_told_once(world: &World) {
    let store = &world.store;
    let first = world.running(1).await;
    let waits = world.queue(2).await;
    let limits = ClaimLimits {
        global: 10,
        per_project: 1,
    };
    let deferred = store.deferred(limits, at(3)).await.unwrap();
    let reason = Deferral::Concurrency {
        active: 1,
        limit: 1,
    };
    assert_eq!(
        deferred,
        [(waits.id.clone(), world.project.id.clone(), reason.clone())]
    );
    let tell = async |reason: &Deferral| {
        let event = event(event_type::DEFERRED_CONCURRENCY, 3);
        store
            .tell_deferral(&waits.id, reason, event)
            .await
            .unwrap()
            .map(|it| it.seq)
    };
    assert_eq!(tell(&reason).await, Some(2));
    for _look in 0..3 {
        assert_eq!(tell(&reason).await, None, "it was told");
    }
    let by = first.run.id.clone();
    assert_eq!(
        tell(&Deferral::BranchLock { by }).await,
        Some(3),
        "another reason"
    );
    assert_eq!(store.run(&waits.id).await.unwrap().last_seq, 3);
    for run in [first.run.id, waits.id.clone()] {
        store
            .change_run(&run, change(Transition::Cancel, 4))
            .await
            .unwrap();
    }
    assert_eq!(tell(&reason).await, None, "it doesn't wait any more");
}
