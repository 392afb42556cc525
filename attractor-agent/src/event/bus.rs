//! One writer, any number of subscribers, each with a bounded queue.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Waker},
    time::SystemTime,
};

use futures::Stream;

use super::{EventKind, SessionEvent};
use crate::{limits, session::SessionGuard};

/// Where a session's events go. Never blocks the session: a subscriber that falls behind loses
/// events, deltas first, and is told how many.
#[derive(Debug)]
pub(crate) struct Bus {
    session_id: Arc<str>,
    subscribers: Mutex<Subscribers>,
    guard: Mutex<Option<Arc<dyn SessionGuard>>>,
}

#[derive(Debug, Default)]
struct Subscribers {
    queues: Vec<Weak<Mutex<Queue>>>,
    /// Whether the last event was told: none comes after it.
    closed: bool,
}

#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<SessionEvent>,
    dropped: u64,
    closed: bool,
    waker: Option<Waker>,
}

/// The events of a session from the moment of subscribing on; ends when the session does, and at once
/// where it has ended before.
#[derive(Debug)]
pub struct SessionEvents {
    queue: Arc<Mutex<Queue>>,
    session_id: Arc<str>,
}

impl Bus {
    pub(crate) fn new(session_id: Arc<str>) -> Self {
        Self {
            session_id,
            subscribers: Mutex::default(),
            guard: Mutex::default(),
        }
    }

    pub(crate) fn subscribe(&self) -> SessionEvents {
        let mut subscribers = lock(&self.subscribers);
        let queue = Arc::new(Mutex::new(Queue {
            closed: subscribers.closed,
            ..Queue::default()
        }));
        subscribers.queues.push(Arc::downgrade(&queue));
        SessionEvents {
            queue,
            session_id: Arc::clone(&self.session_id),
        }
    }

    /// Who sees every event before the session goes on.
    pub(crate) fn guard(&self) -> Option<Arc<dyn SessionGuard>> {
        lock(&self.guard).clone()
    }

    pub(crate) fn set_guard(&self, guard: Option<Arc<dyn SessionGuard>>) {
        *lock(&self.guard) = guard;
    }

    /// Tells everybody, unless the last event was told already.
    pub(crate) fn emit(&self, kind: EventKind) {
        if let Some(event) = self.deliver(kind) {
            self.observe(&event);
        }
    }

    /// Tells the subscribers only; nothing after the last event. Runs nobody else's code, so that it
    /// can be done under a lock which orders it against other events; [`observe`](Self::observe) is
    /// for the caller to do then.
    pub(crate) fn deliver(&self, kind: EventKind) -> Option<SessionEvent> {
        lock(&self.subscribers).deliver(self.event(kind))
    }

    /// Tells the guard of what was delivered.
    pub(crate) fn observe(&self, event: &SessionEvent) {
        if let Some(guard) = self.guard() {
            guard.observe(&event.kind);
        }
    }

    /// Tells everybody the last event. Every subscriber's stream ends after it.
    pub(crate) fn close(&self, last: EventKind) {
        let mut subscribers = lock(&self.subscribers);
        let told = subscribers.deliver(self.event(last));
        subscribers.close();
        drop(subscribers);
        if let Some(event) = told {
            self.observe(&event);
        }
    }

    fn event(&self, kind: EventKind) -> SessionEvent {
        SessionEvent {
            kind,
            timestamp: SystemTime::now(),
            session_id: Arc::clone(&self.session_id),
        }
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        lock(&self.subscribers).close();
    }
}

impl Subscribers {
    fn deliver(&mut self, event: SessionEvent) -> Option<SessionEvent> {
        if self.closed {
            return None;
        }
        self.each(|queue| queue.push(event.clone()));
        Some(event)
    }

    fn close(&mut self) {
        self.closed = true;
        self.each(|queue| queue.closed = true);
    }

    fn each(&mut self, change: impl Fn(&mut Queue)) {
        self.queues.retain(|subscriber| {
            let Some(queue) = subscriber.upgrade() else {
                return false;
            };
            let mut queue = lock(&queue);
            change(&mut queue);
            if let Some(waker) = queue.waker.take() {
                waker.wake();
            }
            true
        });
    }
}

impl Queue {
    fn push(&mut self, event: SessionEvent) {
        if self.events.len() >= limits::EVENTS_BEHIND {
            self.dropped += 1;
            if event.kind.is_delta() {
                return;
            }
            let delta = self.events.iter().position(|event| event.kind.is_delta());
            self.events.remove(delta.unwrap_or(0));
        }
        self.events.push_back(event);
    }
}

impl SessionEvents {
    /// The next event if there is one already.
    pub fn try_next(&mut self) -> Option<SessionEvent> {
        let mut queue = lock(&self.queue);
        if queue.dropped > 0 {
            let dropped = std::mem::take(&mut queue.dropped);
            return Some(SessionEvent {
                kind: EventKind::Warning {
                    message: format!("{dropped} events were dropped: the reader is too slow"),
                },
                timestamp: SystemTime::now(),
                session_id: Arc::clone(&self.session_id),
            });
        }
        queue.events.pop_front()
    }
}

impl Stream for SessionEvents {
    type Item = SessionEvent;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<SessionEvent>> {
        if let Some(event) = self.try_next() {
            return Poll::Ready(Some(event));
        }
        let mut queue = lock(&self.queue);
        if queue.events.is_empty() && queue.closed {
            return Poll::Ready(None);
        }
        queue.waker = Some(context.waker().clone());
        if !queue.events.is_empty() {
            // An event came between the two looks.
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;

    use super::*;

    fn delta(text: &str) -> EventKind {
        EventKind::AssistantTextDelta {
            delta: text.to_owned(),
        }
    }

    #[tokio::test]
    async fn a_slow_reader_loses_deltas_before_anything_else() {
        let bus = Bus::new(Arc::from("s"));
        let mut events = bus.subscribe();
        bus.emit(EventKind::AssistantTextStart);
        for _ in 0..limits::EVENTS_BEHIND + 5 {
            bus.emit(delta("x"));
        }
        bus.emit(EventKind::Warning {
            message: "kept".to_owned(),
        });
        drop(bus);
        let first = events.next().await.unwrap().kind;
        assert!(matches!(first, EventKind::Warning { message } if message.starts_with("7 events")));
        let rest: Vec<_> = events.map(|event| event.kind).collect().await;
        assert!(matches!(rest.first(), Some(EventKind::AssistantTextStart)));
        assert!(matches!(rest.last(), Some(EventKind::Warning { message }) if message == "kept"));
    }

    #[tokio::test]
    async fn nothing_comes_after_the_last_event() {
        let bus = Bus::new(Arc::from("s"));
        let events = bus.subscribe();
        bus.emit(EventKind::AssistantTextStart);
        bus.close(delta("last"));
        bus.emit(delta("late"));
        bus.close(delta("again"));
        let told: Vec<_> = events.map(|event| event.kind).collect().await;
        assert!(matches!(
            &told[..],
            [EventKind::AssistantTextStart, EventKind::AssistantTextDelta { delta }] if delta == "last"
        ));
        assert!(
            bus.subscribe().next().await.is_none(),
            "who comes late hears nothing"
        );
    }
}
