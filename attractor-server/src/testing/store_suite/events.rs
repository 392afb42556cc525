use serde_json::json;

use super::Open;
use super::world::{World, change, event, fenced};
use crate::domain::{ErrorKind, NewEvent, RunEvent, RunId, Transition};
use crate::store::Fence;

pub(super) async fn suite(open: Open) {
    let world = World::new(open().await, "events").await;
    numbers_have_no_gap(&world).await;
    a_batch_counts_once(&world).await;
    many_events_are_read_back(&world).await;
}

fn numbers(events: &[RunEvent]) -> Vec<i64> {
    events.iter().map(|event| event.seq).collect()
}

fn entries(from: i64, to: i64) -> Vec<(NewEvent, i64)> {
    (from..=to)
        .map(|n| (event(&format!("Entry{n}"), n), 10))
        .collect()
}

async fn numbers_have_no_gap(world: &World) {
    let run = world.queue(1).await.id;
    let store = &world.store;
    let new = vec![event("A", 2), event("B", 3)];
    let stored = store.append(&run, new.clone()).await.unwrap();
    assert_eq!(numbers(&stored), [2, 3]);
    assert_eq!(
        (&stored[0].payload, stored[0].ts),
        (&new[0].payload, new[0].ts)
    );
    assert_eq!(store.append(&run, Vec::new()).await.unwrap(), []);
    let all = store.events(&run, 0, 10).await.unwrap();
    assert_eq!(numbers(&all), [1, 2, 3]);
    assert_eq!(all[1..], stored);
    assert_eq!(numbers(&store.events(&run, 1, 1).await.unwrap()), [2]);
    assert_eq!(
        numbers(&store.events_before(&run, None, 2).await.unwrap()),
        [2, 3]
    );
    assert_eq!(
        numbers(&store.events_before(&run, Some(3), 9).await.unwrap()),
        [1, 2]
    );
    assert_eq!(store.events(&RunId::new(), 0, 10).await.unwrap(), []);
    let nowhere = store.append(&RunId::new(), new).await.unwrap_err();
    assert_eq!(nowhere.kind(), ErrorKind::NotFound);
    store
        .change_run(&run, change(Transition::Cancel, 4))
        .await
        .unwrap();
}

async fn a_batch_counts_once(world: &World) {
    let run = world.running(1).await.run.id;
    let store = &world.store;
    let send = async |after, events| {
        store
            .append_from_runner(&run, Fence(1), after, events)
            .await
    };
    let sent = send(0, entries(1, 3)).await.unwrap();
    assert_eq!(
        (sent.journal_seq, numbers(&sent.events)),
        (3, vec![3, 4, 5])
    );
    let again = send(0, entries(1, 3)).await.unwrap();
    assert_eq!(
        (again.journal_seq, again.events.len()),
        (3, 0),
        "sent again"
    );
    let partly = send(1, entries(2, 5)).await.unwrap();
    assert_eq!(
        (partly.journal_seq, numbers(&partly.events)),
        (5, vec![6, 7])
    );
    assert_eq!(partly.events[0].kind, "Entry4");
    let gap = send(9, entries(10, 10)).await.unwrap_err();
    assert_eq!(
        (gap.kind(), gap.code()),
        (ErrorKind::Conflict, "journal_gap")
    );
    assert_eq!(gap.details(), Some(&json!({ "journalSeq": 5 })));
    store.append(&run, vec![event("Ours", 9)]).await.unwrap();
    send(5, entries(6, 6)).await.unwrap();
    let journal = store.journal(&run, 4, 10).await.unwrap();
    let kinds: Vec<_> = journal.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["Entry5", "Entry6"],
        "what the server says is no entry"
    );
    assert_eq!(
        store.run(&run).await.unwrap().cost_micro_usd,
        60,
        "each entry's cost once"
    );
    store
        .change_run(&run, fenced(Transition::Requeue, 1, 10))
        .await
        .unwrap();
    let late = send(6, entries(7, 7)).await.unwrap_err();
    assert_eq!(
        (late.kind(), late.code()),
        (ErrorKind::Conflict, "stale_attempt")
    );
    let second = world.claim(11).await.unwrap();
    assert_eq!(second.journal_seq, 6, "the next runner goes on from there");
    store
        .change_run(&run, change(Transition::Cancel, 12))
        .await
        .unwrap();
}

async fn many_events_are_read_back(world: &World) {
    let run = world.running(1).await.run.id;
    let store = &world.store;
    let mut after = 0;
    // Sizes that are no multiples of anything.
    for size in [1, 7, 8, 9, 63, 65, 500] {
        let sent =
            store.append_from_runner(&run, Fence(1), after, entries(after + 1, after + size));
        after = sent.await.unwrap().journal_seq;
    }
    assert_eq!(after, 653);
    let mut read = Vec::new();
    loop {
        let last = read.last().map_or(0, |event: &RunEvent| event.seq);
        let events = store.events(&run, last, 100).await.unwrap();
        if events.is_empty() {
            break;
        }
        read.extend(events);
    }
    assert_eq!(numbers(&read), (1..=655).collect::<Vec<_>>());
    let kinds = read[2..].iter().map(|event| event.kind.clone());
    assert!(
        kinds.eq((1..=653).map(|n| format!("Entry{n}"))),
        "in the order of the journal"
    );
    store
        .change_run(&run, change(Transition::Cancel, 12))
        .await
        .unwrap();
}
