//! Recordings that we take for something else than the other clients do, and why.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::cell::Cell;

use serde::Deserialize;

use super::recordings::Recorded;

/// One line of `exceptions.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    file: String,
    /// The exchange; all of the file's when it isn't said.
    #[serde(default)]
    exchange: Option<u64>,
    /// The facts that differ; `success` and `failure` when we fail and shouldn't, or the reverse.
    facts: Vec<String>,
    reason: String,
    #[serde(skip)]
    used: Cell<bool>,
}

/// The known exceptions.
#[derive(Debug)]
pub(super) struct Exceptions(Vec<Exception>);

impl Exceptions {
    pub(super) fn read() -> Self {
        Self(serde_json::from_str(include_str!("exceptions.json")).unwrap())
    }

    /// Whether it is known that this fact differs.
    pub(super) fn excuse(&self, recorded: &Recorded, fact: &str) -> bool {
        let fits = |it: &&Exception| {
            it.file == recorded.file
                && it.exchange.is_none_or(|index| index == recorded.index)
                && it.facts.iter().any(|known| known == fact)
        };
        let found = self.0.iter().find(fits);
        found.inspect(|it| it.used.set(true)).is_some()
    }

    /// The exceptions that nothing needed.
    pub(super) fn unneeded(&self) -> Vec<String> {
        let unneeded = self.0.iter().filter(|it| !it.used.get());
        unneeded
            .map(|it| format!("{} ({})", it.file, it.reason))
            .collect()
    }
}
