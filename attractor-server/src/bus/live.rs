//! What models and tools say at this moment, and what of it is stored already.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::domain::{RunEvent, RunId};

/// Bytes of a message that are kept until it is stored: several screens.
const TEXT: usize = 20_000;

/// Nodes of a run of which something is kept: more than work at the same time.
const NODES: usize = 64;

/// Runs of which something is kept: ten times as many as are executed.
const RUNS: usize = 200;

/// What isn't stored yet of what runs say, for those who come in the middle of it.
#[derive(Debug)]
pub(crate) struct LiveTexts {
    /// Tells this server's numbers from another's.
    server: u32,
    runs: Mutex<HashMap<RunId, RunTexts>>,
}

#[derive(Debug, Default)]
struct RunTexts {
    /// Pieces that have come so far.
    pieces: u64,
    nodes: BTreeMap<String, NodeTexts>,
}

/// What a node says, and its tools put out.
#[derive(Debug, Default)]
struct NodeTexts {
    text: String,
    output: String,
    /// What of a stored message may still come in pieces.
    owed: String,
    /// Whether the beginning isn't known.
    is_cut: bool,
}

impl Default for LiveTexts {
    fn default() -> Self {
        Self {
            server: rand::random(),
            runs: Mutex::default(),
        }
    }
}

impl LiveTexts {
    /// Takes in what a runner has told: pieces, and what is stored now. Each piece is given its number.
    /// What was refused, or was stored before, isn't to be taken in.
    pub(crate) fn take(&self, run: &RunId, events: &[RunEvent], pieces: &mut [Value]) {
        let mut runs = self.lock();
        if runs.len() >= RUNS && !runs.contains_key(run) {
            // Whoever comes in the middle of their messages sees only what comes after.
            runs.clear();
        }
        let run = runs.entry(run.clone()).or_default();
        for event in events.iter().filter(|it| it.kind == "EngineNodeStarted") {
            // An attempt before may have broken off in the middle of a message.
            *run.node(node_of(&event.payload), false) = NodeTexts::default();
        }
        for piece in pieces {
            run.pieces += 1;
            let number = run.pieces;
            let texts = run.node(node_of(piece), true);
            texts.add(text(piece, "kind"), text(piece, "text"));
            if let Some(fields) = piece.as_object_mut() {
                fields.insert("server".to_owned(), self.server.into());
                fields.insert("number".to_owned(), number.into());
                fields.insert("isCut".to_owned(), texts.is_cut.into());
            }
        }
        for event in events {
            run.store(event);
        }
    }

    /// What the run has said so far that isn't stored, if there is something.
    pub(crate) fn so_far(&self, run: &RunId) -> Option<Value> {
        let runs = self.lock();
        let run = runs.get(run)?;
        let says = |texts: &&NodeTexts| !texts.text.is_empty() || !texts.output.is_empty();
        let nodes = run.nodes.iter().filter(|(_, texts)| says(texts));
        let nodes: Vec<_> = nodes
            .map(|(node, texts)| {
                json!({
                    "nodeId": node, "text": texts.text, "output": texts.output, "owed": texts.owed,
                    "isCut": texts.is_cut,
                })
            })
            .collect();
        let is_silent = nodes.is_empty();
        let so_far = json!({ "server": self.server, "number": run.pieces, "nodes": nodes });
        (!is_silent).then_some(so_far)
    }

    /// The run is over.
    pub(crate) fn forget(&self, run: &RunId) {
        self.lock().remove(run);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, RunTexts>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RunTexts {
    /// The texts of a node; a new one's beginning is unknown if something was said before.
    fn node(&mut self, node: &str, is_cut: bool) -> &mut NodeTexts {
        if self.nodes.len() >= NODES && !self.nodes.contains_key(node) {
            self.nodes.clear();
        }
        let new = || NodeTexts {
            is_cut,
            ..NodeTexts::default()
        };
        self.nodes.entry(node.to_owned()).or_insert_with(new)
    }

    /// Something is stored: it isn't live any more.
    fn store(&mut self, event: &RunEvent) {
        let Some(texts) = self.nodes.get_mut(node_of(&event.payload)) else {
            return;
        };
        match event.kind.as_str() {
            "EngineText" => texts.stored(text(&event.payload["payload"], "text")),
            "EngineToolCallCompleted" => texts.output.clear(),
            "EngineNodeCompleted" | "EngineNodeFailed" => {
                texts.text.clear();
                texts.output.clear();
                texts.is_cut = false;
            }
            _ => {}
        }
    }
}

impl NodeTexts {
    fn add(&mut self, kind: &str, piece: &str) {
        if kind == "toolOutput" {
            append(&mut self.output, piece);
            return;
        }
        let piece = self.not_owed(piece);
        self.is_cut |= append(&mut self.text, &piece);
    }

    /// What of a piece isn't the rest of a message that is stored.
    fn not_owed(&mut self, piece: &str) -> String {
        let owed = std::mem::take(&mut self.owed);
        if let Some(rest) = owed.strip_prefix(piece) {
            rest.clone_into(&mut self.owed);
            return String::new();
        }
        piece.strip_prefix(&owed).unwrap_or(piece).to_owned()
    }

    /// A message is stored: what is there of it goes, and what still comes of it.
    fn stored(&mut self, message: &str) {
        if let Some(rest) = self.text.strip_prefix(message) {
            self.text = rest.to_owned();
        } else {
            let rest = match self.is_cut {
                // Somewhere in the message is what is known of it.
                true => message.rsplit_once(&self.text).map(|(_, rest)| rest),
                false => message.strip_prefix(&self.text),
            };
            rest.unwrap_or_default().clone_into(&mut self.owed);
            self.text.clear();
        }
        self.is_cut = false;
    }
}

/// Whether something had to go at the beginning.
fn append(text: &mut String, piece: &str) -> bool {
    text.push_str(piece);
    let Some(mut gone) = text.len().checked_sub(TEXT + 1) else {
        return false;
    };
    while !text.is_char_boundary(gone) {
        gone += 1;
    }
    text.drain(..gone);
    true
}

fn node_of(value: &Value) -> &str {
    text(value, "nodeId")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{EventId, Timestamp};

    fn event(kind: &str, said: &str) -> RunEvent {
        RunEvent {
            id: EventId::new(),
            run_id: RunId::new(),
            seq: 1,
            ts: Timestamp::from_millis(0),
            kind: kind.to_owned(),
            payload: json!({ "nodeId": "write", "payload": { "text": said } }),
        }
    }

    fn told(texts: &LiveTexts, run: &RunId, events: &[RunEvent], pieces: &[&str]) {
        let piece = |said: &&str| json!({ "nodeId": "write", "kind": "text", "text": said });
        let mut pieces: Vec<_> = pieces.iter().map(piece).collect();
        texts.take(run, events, &mut pieces);
    }

    fn so_far(texts: &LiveTexts, run: &RunId) -> (String, bool) {
        let Some(so_far) = texts.so_far(run) else {
            return (String::new(), false);
        };
        let node = &so_far["nodes"][0];
        (text(node, "text").to_owned(), node["isCut"] == true)
    }

    #[test]
    fn what_is_stored_is_not_live_any_more_in_whatever_order_it_comes() {
        let (texts, run) = (LiveTexts::default(), RunId::default());
        told(
            &texts,
            &run,
            &[event("EngineNodeStarted", "")],
            &["It be", "gins"],
        );
        assert_eq!(so_far(&texts, &run), ("It begins".to_owned(), false));
        // The message is stored before its last piece has come.
        told(&texts, &run, &[event("EngineText", "It begins so.")], &[]);
        assert_eq!(so_far(&texts, &run), (String::new(), false));
        told(&texts, &run, &[], &[" so", ". And", " on"]);
        assert_eq!(so_far(&texts, &run), (" And on".to_owned(), false));
        // The process is gone, and another begins again.
        told(&texts, &run, &[event("EngineNodeStarted", "")], &["It"]);
        assert_eq!(so_far(&texts, &run), ("It".to_owned(), false));
        told(&texts, &run, &[event("EngineNodeCompleted", "")], &[]);
        assert!(texts.so_far(&run).is_none());
    }

    #[test]
    fn a_message_whose_beginning_is_unknown_is_said_to_be_cut() {
        let (texts, run) = (LiveTexts::default(), RunId::default());
        told(&texts, &run, &[], &["in the middle"]);
        assert_eq!(so_far(&texts, &run), ("in the middle".to_owned(), true));
        told(
            &texts,
            &run,
            &[event("EngineText", "It is in the middle")],
            &["next"],
        );
        assert_eq!(so_far(&texts, &run), (String::new(), false));
        let long = "é".repeat(TEXT);
        told(&texts, &run, &[], &[&long]);
        let (said, is_cut) = so_far(&texts, &run);
        assert!(said.len() <= TEXT && is_cut);
    }
}
