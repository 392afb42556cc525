use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Content, ContentPart, ToolCall, ToolResult, ToolResultData};

/// Who speaks.
///
/// Source: unified-llm-spec 3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// High-level instructions.
    System,
    /// The person, or the program in their place.
    User,
    /// The model.
    Assistant,
    /// A tool's result.
    Tool,
    /// Instructions of the application.
    Developer,
}

/// One turn of a conversation.
///
/// ```
/// use attractor_llm::Message;
///
/// let conversation = [Message::system("Answer in one word."), Message::user("Capital of France?")];
/// assert_eq!(conversation[1].text(), "Capital of France?");
/// ```
///
/// Source: unified-llm-spec 3.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub content: Content,
    /// The tool's name, or whom a developer message is attributed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The call that a tool message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
}

impl Message {
    /// A message of any parts.
    #[must_use]
    pub fn new(role: Role, content: Vec<ContentPart>) -> Self {
        Self {
            role,
            content: content.into(),
            name: None,
            tool_call_id: None,
        }
    }

    /// High-level instructions.
    #[must_use]
    pub fn system(text: impl Into<String>) -> Self {
        Self::new(Role::System, vec![ContentPart::text(text)])
    }

    /// What the user says.
    #[must_use]
    pub fn user(text: impl Into<String>) -> Self {
        Self::new(Role::User, vec![ContentPart::text(text)])
    }

    /// What the model said.
    #[must_use]
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::new(Role::Assistant, vec![ContentPart::text(text)])
    }

    /// Instructions of the application.
    #[must_use]
    pub fn developer(text: impl Into<String>) -> Self {
        Self::new(Role::Developer, vec![ContentPart::text(text)])
    }

    /// What a tool answered to the call `tool_call_id`.
    #[must_use]
    pub fn tool_result(
        tool_call_id: impl Into<String>,
        content: impl Into<Value>,
        is_error: bool,
    ) -> Self {
        Self::from(ToolResultData::new(tool_call_id, content).is_error(is_error))
    }

    /// Sets the name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// All text parts, one after the other; empty when there are none.
    #[must_use]
    pub fn text(&self) -> String {
        self.content
            .iter()
            .filter_map(|part| match part {
                ContentPart::Text(data) => Some(data.text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// The tool calls, in order.
    #[must_use]
    pub fn tool_calls(&self) -> Vec<ToolCall> {
        self.content
            .iter()
            .filter_map(|part| match part {
                ContentPart::ToolCall(data) => Some(ToolCall::from(data)),
                _ => None,
            })
            .collect()
    }

    /// The readable reasoning, one part after the other; `None` when there is none.
    #[must_use]
    pub fn reasoning(&self) -> Option<String> {
        let mut parts = self.content.iter().filter_map(|part| match part {
            ContentPart::Thinking(data) if !data.redacted => Some(data.text.as_str()),
            _ => None,
        });
        let first = parts.next()?.to_owned();
        Some(parts.fold(first, |all, text| all + text))
    }
}

impl From<ToolResultData> for Message {
    fn from(result: ToolResultData) -> Self {
        let tool_call_id = Some(result.tool_call_id.clone());
        Self {
            tool_call_id,
            ..Self::new(Role::Tool, vec![ContentPart::ToolResult(result)])
        }
    }
}

impl From<ToolResult> for Message {
    fn from(result: ToolResult) -> Self {
        let mut data = ToolResultData::new(result.tool_call_id, result.content);
        data.image = result.image;
        Self::from(data.is_error(result.is_error))
    }
}
