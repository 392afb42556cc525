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
    subscribers: Mutex<Vec<Weak<Mutex<Queue>>>>,
    guard: Mutex<Option<Arc<dyn SessionGuard>>>,
}

#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<SessionEvent>,
    dropped: u64,
    closed: bool,
    waker: Option<Waker>,
}

/// The events of a session from the moment of subscribing on; ends when the session does.
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
        let queue = Arc::new(Mutex::new(Queue::default()));
        lock(&self.subscribers).push(Arc::downgrade(&queue));
        SessionEvents {
            queue,
            session_id: Arc::clone(&self.session_id),
        }
    }

    /// Who sees every event at once, before the session goes on.
    pub(crate) fn guard(&self) -> Option<Arc<dyn SessionGuard>> {
        lock(&self.guard).clone()
    }

    pub(crate) fn set_guard(&self, guard: Option<Arc<dyn SessionGuard>>) {
        *lock(&self.guard) = guard;
    }

    pub(crate) fn emit(&self, kind: EventKind) {
        if let Some(guard) = self.guard() {
            guard.observe(&kind);
        }
        let event = SessionEvent {
            kind,
            timestamp: SystemTime::now(),
            session_id: Arc::clone(&self.session_id),
        };
        self.each(|queue| queue.push(event.clone()));
    }

    /// Ends every subscriber's stream after what is still queued.
    pub(crate) fn close(&self) {
        self.each(|queue| queue.closed = true);
    }

    fn each(&self, change: impl Fn(&mut Queue)) {
        lock(&self.subscribers).retain(|subscriber| {
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

impl Drop for Bus {
    fn drop(&mut self) {
        self.close();
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
}
