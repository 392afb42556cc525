//! Messages to the model that works, from elsewhere.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::graph::NodeId;
use crate::run::limits::{STEERING_MESSAGE_BYTES, STEERING_QUEUE};
use crate::{Error, ErrorKind};

/// Where the messages to a run wait until a session takes them.
#[derive(Debug, Default)]
pub(crate) struct Steering(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Messages that no stage has listened for yet, the oldest first.
    waiting: VecDeque<Message>,
    listeners: Vec<Listener>,
    next_id: u64,
}

#[derive(Clone, Debug)]
struct Message {
    /// The node it's for; any one without.
    node: Option<NodeId>,
    text: String,
}

#[derive(Debug)]
struct Listener {
    id: u64,
    node: NodeId,
    queue: VecDeque<Message>,
    ready: Arc<Notify>,
}

impl Message {
    fn is_for(&self, node: &NodeId) -> bool {
        self.node.as_ref().is_none_or(|wanted| wanted == node)
    }
}

impl Steering {
    /// Gives a message to every stage that listens, of this node if one is named; without one, it
    /// waits for the next.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for a text without content, one that is too long, or one too
    /// many.
    pub(super) fn send(&self, node: Option<NodeId>, text: String) -> Result<(), Error> {
        let refuse = |text: String| Err(Error::new(ErrorKind::InvalidInput, text));
        if text.trim().is_empty() {
            return refuse("the message has no content".to_owned());
        }
        if text.len() > STEERING_MESSAGE_BYTES {
            return refuse(format!(
                "the message is longer than {STEERING_MESSAGE_BYTES} bytes"
            ));
        }
        let message = Message { node, text };
        let mut state = self.lock();
        let full = |queue: &VecDeque<Message>| queue.len() >= STEERING_QUEUE;
        let listening = |listener: &&mut Listener| message.is_for(&listener.node);
        let mut listeners: Vec<_> = state.listeners.iter_mut().filter(listening).collect();
        if listeners.iter().any(|listener| full(&listener.queue)) {
            return refuse("too many messages are waiting already".to_owned());
        }
        for listener in &mut listeners {
            listener.queue.push_back(message.clone());
            listener.ready.notify_one();
        }
        if !listeners.is_empty() {
            return Ok(());
        }
        if full(&state.waiting) {
            return refuse("too many messages are waiting already".to_owned());
        }
        state.waiting.push_back(message);
        Ok(())
    }

    /// What nobody has taken.
    pub(super) fn left(&self) -> Vec<String> {
        let waiting = std::mem::take(&mut self.lock().waiting);
        waiting.into_iter().map(|message| message.text).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can panic between two changes that belong together.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end at which the messages to a stage come out.
///
/// While there is one, messages to the run come here; what it hasn't given out when it's dropped
/// waits for the next stage that listens. What it gives out is also appended to `steering.md` in
/// the stage directory (attractor-spec 4.11).
#[derive(Debug)]
pub struct SteeringInbox {
    shared: Option<(Arc<Steering>, u64, Arc<Notify>)>,
    file: Option<PathBuf>,
}

impl SteeringInbox {
    /// Of a stage outside of an engine: nothing ever comes.
    pub(crate) fn closed() -> Self {
        Self {
            shared: None,
            file: None,
        }
    }

    pub(crate) fn open(steering: &Arc<Steering>, node: &NodeId, file: Option<PathBuf>) -> Self {
        let ready = Arc::new(Notify::new());
        let mut state = steering.lock();
        let waiting = std::mem::take(&mut state.waiting);
        let (queue, waiting) = waiting
            .into_iter()
            .partition(|message| message.is_for(node));
        state.waiting = waiting;
        state.next_id += 1;
        let id = state.next_id;
        state.listeners.push(Listener {
            id,
            node: node.clone(),
            queue,
            ready: Arc::clone(&ready),
        });
        drop(state);
        Self {
            shared: Some((Arc::clone(steering), id, ready)),
            file,
        }
    }

    /// The next message, waiting for it; pends for ever where nothing can come. Dropping the
    /// future loses nothing.
    pub async fn next(&mut self) -> String {
        let Some((steering, id, ready)) = &self.shared else {
            return std::future::pending().await;
        };
        loop {
            let notified = ready.notified();
            let text = {
                let mut state = steering.lock();
                let listener = state.listeners.iter_mut().find(|known| known.id == *id);
                listener.and_then(|listener| listener.queue.pop_front())
            };
            if let Some(message) = text {
                self.note(&message.text);
                return message.text;
            }
            notified.await;
        }
    }

    /// Takes back a message that [`next`](Self::next) gave out and no session could use: it waits
    /// for the next stage that listens.
    pub fn give_back(&self, text: impl Into<String>) {
        if let Some((steering, ..)) = &self.shared {
            let text = text.into();
            steering
                .lock()
                .waiting
                .push_back(Message { node: None, text });
        }
    }

    /// Keeps a message where people look for what a stage was told. It was delivered either way.
    fn note(&self, text: &str) {
        use std::io::Write as _;
        let Some(path) = &self.file else { return };
        let mut options = std::fs::OpenOptions::new();
        let file = options.append(true).create(true).open(path);
        if let Err(error) = file.and_then(|mut file| writeln!(file, "{text}\n")) {
            tracing::warn!(path = %path.display(), %error, "a steering message wasn't kept");
        }
    }
}

impl Drop for SteeringInbox {
    fn drop(&mut self) {
        let Some((steering, id, _)) = &self.shared else {
            return;
        };
        let mut state = steering.lock();
        if let Some(place) = state.listeners.iter().position(|known| known.id == *id) {
            let left = state.listeners.swap_remove(place).queue;
            state.waiting.extend(left);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn open(steering: &Arc<Steering>, node: &str) -> SteeringInbox {
        SteeringInbox::open(steering, &node.parse().unwrap(), None)
    }

    fn next(inbox: &mut SteeringInbox) -> Option<String> {
        inbox.next().now_or_never()
    }

    #[test]
    fn a_message_waits_for_a_stage_and_outlives_one_that_does_not_take_it() {
        let steering = Arc::new(Steering::default());
        steering.send(None, "first".to_owned()).unwrap();
        drop(open(&steering, "a"));
        let mut inbox = open(&steering, "b");
        assert_eq!(next(&mut inbox).as_deref(), Some("first"));
        assert_eq!(next(&mut inbox), None);
        inbox.give_back("first");
        assert_eq!(steering.left(), ["first"]);
    }

    #[test]
    fn a_message_goes_to_all_that_listen_or_to_the_node_it_names() {
        let steering = Arc::new(Steering::default());
        let mut inboxes = ["a", "b"].map(|node| open(&steering, node));
        steering.send(None, "all".to_owned()).unwrap();
        let to = Some("b".parse().unwrap());
        steering.send(to, "one".to_owned()).unwrap();
        let [a, b] = &mut inboxes;
        assert_eq!(next(a).as_deref(), Some("all"));
        assert_eq!(next(a), None);
        assert_eq!(
            [next(b), next(b)],
            ["all", "one"].map(|text| Some(text.to_owned()))
        );
    }

    #[test]
    fn messages_are_bounded() {
        let steering = Arc::new(Steering::default());
        assert!(steering.send(None, " \n".to_owned()).is_err());
        let long = "x".repeat(STEERING_MESSAGE_BYTES + 1);
        assert!(steering.send(None, long).is_err());
        for _ in 0..STEERING_QUEUE {
            steering.send(None, "more".to_owned()).unwrap();
        }
        let error = steering.send(None, "more".to_owned()).unwrap_err();
        assert_eq!(error.to_string(), "too many messages are waiting already");
    }
}
