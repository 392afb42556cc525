//! What other clients agree that a recorded reply means.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::recordings::Recorded;

/// By file and place.
#[derive(Debug)]
pub(super) struct Expected(HashMap<(String, u64), Value>);

impl Expected {
    pub(super) fn read(root: &Path) -> Self {
        let lines = std::fs::read_to_string(root.join("EXPECTED.jsonl")).unwrap();
        let lines = lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let key = |line: &Value| {
            (
                line["file"].as_str().unwrap().to_owned(),
                line["ex"].as_u64().unwrap(),
            )
        };
        Self(lines.map(|line| (key(&line), line)).collect())
    }

    pub(super) fn of(&self, recorded: &Recorded) -> &Value {
        let key = (recorded.file.clone(), recorded.index);
        self.0.get(&key).unwrap_or(&Value::Null)
    }

    /// Whether the recording itself is a failure: its status says so, or no other client reads it.
    pub(super) fn fails(&self, recorded: &Recorded) -> bool {
        let errors = &self.of(recorded)["errors"];
        let unread = errors["sdk"].is_string() && errors["vercel"].is_string();
        recorded.reply().status != 200 || unread
    }
}
