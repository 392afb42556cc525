//! What a conversation is made of.

use std::time::SystemTime;

use attractor_llm::{
    ContentPart, FinishReason, Message, Response, Role, ToolCall, ToolResultData, Usage,
};

/// One entry of a session's history (coding-agent-loop-spec 2.4).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Turn {
    /// An input.
    User {
        /// Its text.
        content: String,
        /// When it was taken.
        timestamp: SystemTime,
    },
    /// A response of the model.
    Assistant(Box<AssistantTurn>),
    /// The results of all tool calls of the response before, in their order.
    ToolResults {
        /// One per call, as the model is sent them: a request shares them with the history.
        messages: Vec<Message>,
        /// When the last was there.
        timestamp: SystemTime,
    },
    /// A word of the host or of the session itself, in its place in the conversation. Not every
    /// provider knows such a thing, so that the model sees it as the user's, marked as what it is.
    System {
        /// Its text.
        content: String,
        /// When it was said.
        timestamp: SystemTime,
    },
    /// A message that was injected while the agent worked; the model sees it as the user's.
    Steering {
        /// Its text.
        content: String,
        /// When it was injected.
        timestamp: SystemTime,
    },
}

/// A response of the model.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AssistantTurn {
    /// The whole message, opaque reasoning included, as it is sent back.
    pub message: Message,
    /// The tokens of the request.
    pub usage: Usage,
    /// What it cost in millionths of a US dollar, where the model's price is known.
    pub cost_micro_usd: Option<u64>,
    /// The provider's id of the response.
    pub response_id: String,
    /// The provider that answered.
    pub provider: String,
    /// The model that answered.
    pub model: String,
    /// Why the model stopped.
    pub finish_reason: FinishReason,
    /// When it was complete.
    pub timestamp: SystemTime,
}

impl AssistantTurn {
    pub(super) fn new(response: Response, cost_micro_usd: Option<u64>) -> Self {
        // The provider's own record would keep the whole reply in memory.
        let mut usage = response.usage;
        usage.raw = None;
        Self {
            message: response.message,
            usage,
            cost_micro_usd,
            response_id: response.id,
            provider: response.provider,
            model: response.model,
            finish_reason: response.finish_reason,
            timestamp: SystemTime::now(),
        }
    }

    /// The text.
    #[must_use]
    pub fn content(&self) -> String {
        self.message.text()
    }

    /// The tool calls, in order.
    #[must_use]
    pub fn tool_calls(&self) -> Vec<ToolCall> {
        self.message.tool_calls()
    }

    /// The readable reasoning.
    #[must_use]
    pub fn reasoning(&self) -> Option<String> {
        self.message.reasoning()
    }

    /// The ids of the tool calls, in order.
    pub(super) fn call_ids(&self) -> impl Iterator<Item = &str> {
        self.message.content.iter().filter_map(|part| match part {
            ContentPart::ToolCall(call) => Some(call.id.as_str()),
            _ => None,
        })
    }
}

impl Turn {
    /// A round of results.
    pub(super) fn of_results(results: Vec<ToolResultData>, timestamp: SystemTime) -> Self {
        let messages = results.into_iter().map(Message::from).collect();
        Self::ToolResults {
            messages,
            timestamp,
        }
    }

    /// The results of tool calls, in the order of the calls.
    pub fn results(&self) -> impl Iterator<Item = &ToolResultData> {
        let messages = match self {
            Self::ToolResults { messages, .. } => messages.as_slice(),
            _ => &[],
        };
        let parts = messages.iter().flat_map(|message| &message.content);
        parts.filter_map(|part| match part {
            ContentPart::ToolResult(result) => Some(result),
            _ => None,
        })
    }

    /// Adds what the model is sent for this turn. An answer without any content is left out:
    /// providers refuse it, and it would fail every later request.
    pub(super) fn to_messages(&self, messages: &mut Vec<Message>) {
        match self {
            Self::User { content, .. } | Self::Steering { content, .. } => {
                messages.push(Message::user(content));
            }
            Self::System { content, .. } => messages.push(Message::user(marked(content))),
            Self::Assistant(turn) if has_content(&turn.message) => {
                messages.push(turn.message.clone());
            }
            Self::Assistant(_) => {}
            Self::ToolResults {
                messages: results, ..
            } => messages.extend_from_slice(results),
        }
    }

    /// Characters that the turn adds to a request; an image counts as a fixed number.
    pub(super) fn chars(&self) -> usize {
        match self {
            Self::User { content, .. } | Self::Steering { content, .. } => content.len(),
            Self::System { content, .. } => marked(content).len(),
            Self::Assistant(turn) => turn.message.content.iter().map(part_chars).sum(),
            Self::ToolResults { .. } => self.results().map(result_chars).sum(),
        }
    }
}

/// A word that isn't the user's, for a provider to whom only the user and the model speak.
fn marked(content: &str) -> String {
    format!("<system-message>\n{}\n</system-message>", content.trim())
}

/// Whether a message says anything that a provider takes.
pub(super) fn has_content(message: &Message) -> bool {
    message.content.iter().any(|part| match part {
        ContentPart::Text(text) => !text.text.trim().is_empty(),
        ContentPart::Thinking(_) | ContentPart::RedactedThinking(_) => false,
        _ => true,
    }) || message.role != Role::Assistant
}

fn part_chars(part: &ContentPart) -> usize {
    match part {
        ContentPart::Text(text) => text.text.len(),
        ContentPart::Thinking(thinking) => thinking.text.len(),
        ContentPart::ToolCall(call) => call.name.len() + call.arguments.to_string().len(),
        ContentPart::ToolResult(result) => result_chars(result),
        _ => IMAGE_CHARS,
    }
}

fn result_chars(result: &ToolResultData) -> usize {
    let text = result
        .content
        .as_str()
        .map_or_else(|| result.content.to_string().len(), str::len);
    text + result.image.as_ref().map_or(0, |_| IMAGE_CHARS)
}

/// About 1,500 tokens, what a full-size image costs.
const IMAGE_CHARS: usize = 6_000;
