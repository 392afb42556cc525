//! What looks at the store for all who watch runs: a stream that waits asks for nothing by itself.
//!
//! The bus tells what happens, but a notice may be lost. So every few seconds one look at all runs that are
//! watched finds what nobody has told, and another one who may not watch any more.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch::{self, Receiver, Sender};
use tokio::time::{MissedTickBehavior, interval};

use super::limits::{LOOK, LOOKED_AT};
use crate::app::App;
use crate::domain::{RunId, Timestamp, TokenId};
use crate::store::Store;

/// Those who watch, and what they are told; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lookout(Arc<Mutex<Watched>>);

#[derive(Debug, Default)]
struct Watched {
    /// The number of a run's last event, or none if there is no such run any more.
    runs: HashMap<RunId, Sender<Option<i64>>>,
    /// Whether a token is still good.
    tokens: HashMap<TokenId, Sender<bool>>,
}

/// What one who watches is told.
#[derive(Debug)]
pub(super) struct View {
    /// The number of the run's last event, or none if there is no such run any more.
    pub(super) last_event: Receiver<Option<i64>>,
    /// Whether whoever watches may still do so.
    pub(super) is_allowed: Receiver<bool>,
}

impl Lookout {
    /// Begins to look at a run, and at the token of whoever watches it, as long as the view is kept.
    pub(super) fn watch(&self, run: &RunId, token: &TokenId) -> View {
        let mut watched = self.watched();
        View {
            last_event: subscribe(&mut watched.runs, run, Some(0)),
            is_allowed: subscribe(&mut watched.tokens, token, true),
        }
    }

    /// Looks from time to time, for as long as it's polled.
    pub(crate) async fn run(&self, app: &App) {
        let mut interval = interval(period(app.config().heartbeat));
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            self.look(app.store(), app.now()).await;
        }
    }

    /// Tells those who watch what has changed. What can't be read now is read at the next look.
    async fn look(&self, store: &dyn Store, now: Timestamp) {
        let (runs, tokens) = {
            let mut watched = self.watched();
            (still(&mut watched.runs), still(&mut watched.tokens))
        };
        for some in runs.chunks(LOOKED_AT) {
            if let Ok(found) = store.last_events(some).await {
                let found: HashMap<_, _> = found.into_iter().collect();
                tell(&self.watched().runs, some, |run| found.get(run).copied());
            }
        }
        for some in tokens.chunks(LOOKED_AT) {
            if let Ok(good) = store.good_tokens(some, now).await {
                tell(&self.watched().tokens, some, |token| good.contains(token));
            }
        }
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often it looks: at least as often as a stream shows that it's alive.
fn period(heartbeat: Duration) -> Duration {
    LOOK.min(heartbeat).max(Duration::from_millis(1))
}

fn subscribe<K: Clone + Eq + Hash, V>(
    all: &mut HashMap<K, Sender<V>>,
    key: &K,
    first: V,
) -> Receiver<V> {
    let entry = all.entry(key.clone());
    entry.or_insert_with(|| watch::channel(first).0).subscribe()
}

/// Those that are still watched; forgets the others.
fn still<K: Clone + Eq + Hash, V>(all: &mut HashMap<K, Sender<V>>) -> Vec<K> {
    all.retain(|_, sender| sender.receiver_count() > 0);
    all.keys().cloned().collect()
}

/// Tells each what it has become, if that is something else.
fn tell<K: Eq + Hash, V: PartialEq>(
    all: &HashMap<K, Sender<V>>,
    keys: &[K],
    now: impl Fn(&K) -> V,
) {
    for key in keys {
        if let Some(sender) = all.get(key) {
            let now = now(key);
            sender.send_if_modified(|it| std::mem::replace(it, now) != *it);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{NewEvent, NewToken, Role};
    use crate::store::{Events as _, SqlStore, Tokens as _};
    use crate::testing::TestDatabase;

    const FIXTURE: &str = include_str!("../../../tests/fixtures/migrations/0001_init.sql");

    /// A factory with runs.
    async fn store() -> (TestDatabase, SqlStore) {
        let database = TestDatabase::sqlite().unwrap();
        let store = database.open().await.unwrap();
        database.execute(FIXTURE).await.unwrap();
        (database, store)
    }

    fn id<T: std::str::FromStr<Err = crate::domain::Error>>(text: &str) -> T {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn who_watches_is_told_what_nobody_else_has_told() {
        let (database, store) = store().await;
        let (lookout, now) = (Lookout::default(), Timestamp::now());
        let mut view = lookout.watch(&id("run-1"), &id("token-1"));
        let mut other = lookout.watch(&id("run-7"), &id("token-1"));
        lookout.look(&store, now).await;
        assert_eq!(*view.last_event.borrow_and_update(), Some(3));
        assert!(!other.last_event.has_changed().unwrap(), "it has no events");
        let event = NewEvent::new("Something", now, json!({}));
        store.append(&id("run-1"), vec![event]).await.unwrap();
        lookout.look(&store, now).await;
        assert!(view.last_event.has_changed().unwrap());
        assert_eq!(*view.last_event.borrow_and_update(), Some(4));
        lookout.look(&store, now).await;
        assert!(!view.last_event.has_changed().unwrap(), "told once");
        let gone = "delete from runs where id = 'run-7'";
        database.execute(gone).await.unwrap();
        lookout.look(&store, now).await;
        assert_eq!(*other.last_event.borrow_and_update(), None);
        database.remove().await.unwrap();
    }

    #[tokio::test]
    async fn who_may_not_watch_any_more_is_told_so() {
        let (database, store) = store().await;
        let (lookout, now) = (Lookout::default(), Timestamp::now());
        let new = NewToken {
            name: "for an hour".to_owned(),
            role: Role::Viewer,
            project_id: None,
            expires_at: Some(now.plus(Duration::from_secs(3_600))),
            hash: vec![9],
        };
        let hourly = store.create_token(new).await.unwrap();
        let taken_back = lookout.watch(&id("run-1"), &id("token-1"));
        let of_project = lookout.watch(&id("run-1"), &id("token-2"));
        let for_an_hour = lookout.watch(&id("run-1"), &hourly.id);
        let is_allowed = |view: &View| *view.is_allowed.borrow();
        lookout.look(&store, now).await;
        assert!([&taken_back, &of_project, &for_an_hour].map(is_allowed) == [true; 3]);
        store.revoke_token(&id("token-1"), now).await.unwrap();
        // Its tokens go with a project.
        let statement = "pragma foreign_keys = on; delete from projects where id = 'project-1'";
        database.execute(statement).await.unwrap();
        lookout.look(&store, now).await;
        assert!([&taken_back, &of_project].map(is_allowed) == [false; 2]);
        assert!(is_allowed(&for_an_hour));
        lookout
            .look(&store, now.plus(Duration::from_secs(3_600)))
            .await;
        assert!(!is_allowed(&for_an_hour));
        database.remove().await.unwrap();
    }

    #[tokio::test]
    async fn what_nobody_watches_any_more_is_forgotten() {
        let (database, store) = store().await;
        let lookout = Lookout::default();
        let views = [(); 3].map(|()| lookout.watch(&id("run-1"), &id("token-1")));
        let kept = lookout.watch(&id("run-2"), &id("token-1"));
        lookout.look(&store, Timestamp::now()).await;
        assert_eq!(lookout.watched().runs.len(), 2);
        drop(views);
        lookout.look(&store, Timestamp::now()).await;
        assert_eq!(lookout.watched().runs.len(), 1);
        drop(kept);
        lookout.look(&store, Timestamp::now()).await;
        assert!(lookout.watched().runs.is_empty() && lookout.watched().tokens.is_empty());
        database.remove().await.unwrap();
    }
}
