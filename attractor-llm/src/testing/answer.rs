//! [`Answer`]: a turn chosen for one conversation, with all that follows from the two.

use super::conversation::{Conversation, estimated_tokens};
use super::limits::DELTA_CHARS;
use super::script::{Part, TokenCounts, Turn};

/// A turn and its place: enough to render the same bytes each time.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) turn: Turn,
    pub(crate) model: String,
    pub(crate) stream: bool,
    usage: TokenCounts,
    place: Place,
}

/// What ids are made of: the turn and the length of the conversation.
///
/// Not its text, which may name directories or times that differ between two runs, nor a counter,
/// which a restart would reset. Each answer makes the conversation longer, so ids are unique in it.
#[derive(Debug, Clone, Copy)]
struct Place {
    turn: usize,
    messages: usize,
}

impl Answer {
    pub(crate) fn new(turn: Turn, index: usize, conversation: &Conversation) -> Self {
        let estimate = || TokenCounts {
            input: conversation.estimated_tokens(),
            output: estimated_tokens(turn.content.iter().map(Part::len_chars).sum()),
            ..TokenCounts::default()
        };
        Self {
            usage: turn.usage.unwrap_or_else(estimate),
            model: conversation.model.clone(),
            stream: conversation.stream,
            place: Place {
                turn: index,
                messages: conversation.texts.len(),
            },
            turn,
        }
    }

    /// With the input that a prompt cache counted, unless the script says the usage.
    pub(crate) fn counted(mut self, input: TokenCounts) -> Self {
        if self.turn.usage.is_none() {
            let output = self.usage.output;
            self.usage = TokenCounts { output, ..input };
        }
        self
    }

    /// The token counts to report.
    pub(crate) fn usage(&self) -> TokenCounts {
        self.usage
    }

    /// The message's id.
    pub(crate) fn message_id(&self, prefix: &str) -> String {
        format!(
            "{prefix}_script_{}_{}",
            self.place.turn, self.place.messages
        )
    }

    /// The id of the tool call that is the part number `part`, unless the script gives one.
    pub(crate) fn tool_call_id(&self, prefix: &str, part: usize, given: Option<&str>) -> String {
        given.map_or_else(
            || {
                format!(
                    "{prefix}_script_{}_{}_{part}",
                    self.place.turn, self.place.messages
                )
            },
            str::to_owned,
        )
    }

    /// Why the model stopped, in the script's words.
    pub(crate) fn finish_reason(&self) -> &str {
        let default = if self.turn.calls_tool() {
            "tool_calls"
        } else {
            "stop"
        };
        self.turn.finish_reason.as_deref().unwrap_or(default)
    }

    /// The failure that the provider reports in the middle of the stream.
    pub(crate) fn stream_error(&self) -> Option<(&str, &str)> {
        self.turn.content.iter().find_map(|part| match part {
            Part::StreamError { code, message } => Some((code.as_str(), message.as_str())),
            _ => None,
        })
    }

    /// Cuts a text into the deltas of a stream, at character boundaries.
    pub(crate) fn deltas<'a>(&self, text: &'a str) -> Vec<&'a str> {
        let chars = match self.turn.delivery.delta_chars {
            0 => DELTA_CHARS,
            given => given,
        };
        let starts: Vec<usize> = text
            .char_indices()
            .step_by(chars)
            .map(|(at, _)| at)
            .collect();
        let ends = starts.iter().skip(1).copied().chain([text.len()]);
        starts
            .iter()
            .zip(ends)
            .map(|(start, end)| &text[*start..end])
            .collect()
    }
}

/// The text of a tool call's arguments, as the model produced it.
pub(crate) fn argument_text(arguments: &serde_json::Value, raw: Option<&str>) -> String {
    match raw {
        Some(raw) => raw.to_owned(),
        None if arguments.is_null() => "{}".to_owned(),
        None => arguments.to_string(),
    }
}
