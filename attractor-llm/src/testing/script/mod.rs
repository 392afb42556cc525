//! [`Script`]: what the scripted model says, as data.

mod builder;
mod delivery;
mod matching;
mod part;
mod turn;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};

pub use delivery::Delivery;
pub use matching::Match;
pub use part::Part;
pub use turn::{HttpError, TokenCounts, Turn};

/// The turns of a scripted model, in order of preference.
///
/// A request is answered by the first turn whose [`Match`] holds and which was used fewer than
/// [`times`](Turn::times) times. Everything a match looks at is in the request, so a script whose
/// turns match on the conversation and [`repeat`](Turn::repeat) answers the same after a restart
/// of client or server; a script that relies on the order of turns starts over with its player.
///
/// The JSON form has the same names as the types:
///
/// ```
/// use attractor_llm::testing::Script;
///
/// let script = Script::from_json(
///     r#"{
///       "turns": [
///         {
///           "match": { "any_message_contains": "fix the test", "tool_results": 0 },
///           "repeat": true,
///           "content": [
///             { "type": "thinking", "text": "Look first.", "signature": "c2ln" },
///             { "type": "text", "text": "I'll read the file." },
///             { "type": "tool_call", "name": "read_file", "arguments": { "path": "src/lib.rs" } }
///           ],
///           "usage": { "input": 120, "output": 24 }
///         },
///         { "error": { "status": 429, "message": "slow down" }, "headers": { "retry-after": "1" } },
///         {
///           "content": [{ "type": "text", "text": "Done." }],
///           "delivery": { "delay_ms": 200, "event_delay_ms": 20 }
///         }
///       ]
///     }"#,
/// )?;
/// assert_eq!(script.turns.len(), 3);
/// # Ok::<(), attractor_llm::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Script {
    /// What the script is for; only for the reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether the server counts what a prompt cache like the provider's would serve and store,
    /// from the requests themselves, for turns without a usage of their own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prompt_cache: bool,
    /// The turns, in order of preference.
    pub turns: Vec<Turn>,
}

impl Script {
    /// A script with no turn, which answers nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], with line and column, if the text isn't a script.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|error| {
            Error::new(ErrorKind::Configuration, format!("invalid script: {error}"))
                .with_source(error)
        })
    }

    /// Lets the server simulate the provider's prompt cache.
    ///
    /// Cached are the bytes that a request shares with one before: as far as they go on services
    /// that cache by themselves, up to the last marked block on Anthropic's.
    #[must_use]
    pub fn with_prompt_cache(mut self) -> Self {
        self.prompt_cache = true;
        self
    }

    /// Adds a turn at the end.
    #[must_use]
    pub fn turn(mut self, turn: Turn) -> Self {
        self.turns.push(turn);
        self
    }
}

impl FromIterator<Turn> for Script {
    fn from_iter<I: IntoIterator<Item = Turn>>(turns: I) -> Self {
        Self {
            description: None,
            prompt_cache: false,
            turns: turns.into_iter().collect(),
        }
    }
}
