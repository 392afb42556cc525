//! What was changed, as warnings: one for each kind.

use crate::types::Warning;

/// How many examples of a change a warning names.
const MAX_EXAMPLES: usize = 3;

/// How much of an example is shown; some ids have hundreds of characters.
const MAX_EXAMPLE_CHARS: usize = 80;

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Reasoning,
    Metadata,
    Part,
    Misplaced,
    Media,
    Arguments,
    Name,
    Id,
    Twice,
    Missing,
    Orphan,
    Order,
    Turn,
}

impl Change {
    /// The word for programs, and what was done for people.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Reasoning => (
                "reasoning_dropped",
                "reasoning that only another model can read is left out",
            ),
            Self::Metadata => (
                "metadata_dropped",
                "what another provider or model attached is left out",
            ),
            Self::Part => (
                "provider_part_dropped",
                "a part that only another provider or model can read is left out",
            ),
            Self::Misplaced => (
                "misplaced_part_dropped",
                "a part that its role can't have is left out",
            ),
            Self::Media => (
                "media_replaced",
                "a note stands for what the model can't take",
            ),
            Self::Arguments => (
                "tool_call_repaired",
                "arguments that aren't an object are replaced",
            ),
            Self::Name => (
                "tool_name_changed",
                "a tool's name that no provider accepts is changed",
            ),
            Self::Id => ("tool_call_id_changed", "a tool-call id is changed"),
            Self::Twice => (
                "tool_call_dropped",
                "a tool call that stands twice in a turn is left out once",
            ),
            Self::Missing => (
                "tool_result_added",
                "a tool call without a result gets one that says so",
            ),
            Self::Orphan => (
                "tool_result_as_text",
                "a tool result without its call is sent as text",
            ),
            Self::Order => (
                "tool_results_moved",
                "a tool result is put directly after its turn, in the order of the calls",
            ),
            Self::Turn => (
                "messages_merged",
                "messages of a turn that calls tools are sent as one",
            ),
        }
    }
}

/// The changes so far.
#[derive(Debug, Default)]
pub(super) struct Changes(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    change: Change,
    count: usize,
    examples: Vec<String>,
}

impl Changes {
    /// One more change; `example` says to what.
    pub(super) fn add(&mut self, change: Change, example: impl Into<String>) {
        let at = self.0.iter().position(|entry| entry.change == change);
        let at = at.unwrap_or_else(|| {
            self.0.push(Entry {
                change,
                count: 0,
                examples: Vec::new(),
            });
            self.0.len() - 1
        });
        let entry = &mut self.0[at];
        entry.count += 1;
        if entry.examples.len() < MAX_EXAMPLES {
            let mut example: String = example.into();
            if let Some((cut, _)) = example.char_indices().nth(MAX_EXAMPLE_CHARS) {
                example.truncate(cut);
                example.push('\u{2026}');
            }
            if !entry.examples.contains(&example) {
                entry.examples.push(example);
            }
        }
    }

    pub(super) fn into_warnings(self) -> Vec<Warning> {
        self.0.into_iter().map(Entry::into_warning).collect()
    }
}

impl Entry {
    fn into_warning(self) -> Warning {
        let (code, what) = self.change.words();
        let times = match self.count {
            1 => String::new(),
            count => format!(", {count} times"),
        };
        let examples = self.examples.join(", ");
        Warning::new(code, format!("{what}{times}: {examples}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_says_what_how_often_and_to_what() {
        let mut changes = Changes::default();
        for id in ["a", "b", "a", "c", "d"] {
            changes.add(Change::Missing, id);
        }
        changes.add(Change::Id, "x".repeat(400));
        let warnings = changes.into_warnings();
        let expected = "a tool call without a result gets one that says so, 5 times: a, b, c";
        assert_eq!(warnings[0], Warning::new("tool_result_added", expected));
        assert!(warnings[1].message.len() < 120, "{:?}", warnings[1]);
    }
}
