use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{AudioData, DocumentData, ImageData, ProviderMetadata, ThinkingData, ToolCall};

/// One piece of a message.
///
/// In JSON the field `kind` tells which piece it is and the fields of the data stand beside it.
///
/// ```
/// use attractor_llm::ContentPart;
///
/// let part = ContentPart::text("hello");
/// assert_eq!(serde_json::to_value(&part)?, serde_json::json!({"kind": "text", "text": "hello"}));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// Source: unified-llm-spec 3.3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContentPart {
    /// Plain text; in any role.
    Text(TextData),
    /// An image; from the user, or made by the model.
    Image(ImageData),
    /// A recording; from the user.
    Audio(AudioData),
    /// A document; from the user.
    Document(DocumentData),
    /// The model asks for a tool.
    ToolCall(ToolCallData),
    /// What a tool answered; in the role `Tool`.
    ToolResult(ToolResultData),
    /// The model's reasoning.
    Thinking(ThinkingData),
    /// Reasoning that can only be sent back.
    RedactedThinking(ThinkingData),
    /// A block of one provider that the unified model has no word for.
    Other(OtherData),
}

impl ContentPart {
    /// A text part.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(TextData::new(text))
    }

    /// The part's kind.
    #[must_use]
    pub fn kind(&self) -> ContentKind {
        match self {
            Self::Text(_) => ContentKind::Text,
            Self::Image(_) => ContentKind::Image,
            Self::Audio(_) => ContentKind::Audio,
            Self::Document(_) => ContentKind::Document,
            Self::ToolCall(_) => ContentKind::ToolCall,
            Self::ToolResult(_) => ContentKind::ToolResult,
            Self::Thinking(_) => ContentKind::Thinking,
            Self::RedactedThinking(_) => ContentKind::RedactedThinking,
            Self::Other(other) => ContentKind::Other(other.kind.clone()),
        }
    }
}

/// What a [`ContentPart`] holds, without its data.
///
/// Source: unified-llm-spec 3.4.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContentKind {
    /// Plain text.
    Text,
    /// An image.
    Image,
    /// A recording.
    Audio,
    /// A document.
    Document,
    /// A tool call.
    ToolCall,
    /// A tool's result.
    ToolResult,
    /// Readable reasoning.
    Thinking,
    /// Opaque reasoning.
    RedactedThinking,
    /// A provider's own kind, under the provider's name for it.
    Other(String),
}

impl fmt::Display for ContentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::ToolCall => "tool_call",
            Self::ToolResult => "tool_result",
            Self::Thinking => "thinking",
            Self::RedactedThinking => "redacted_thinking",
            Self::Other(kind) => kind,
        })
    }
}

/// Text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TextData {
    /// The text.
    pub text: String,
    /// What the provider attached, citations for instance; replayed to it verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_metadata: Option<ProviderMetadata>,
}

impl TextData {
    /// Text without anything attached.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            provider_metadata: None,
        }
    }
}

/// A tool call as it stands in a message.
///
/// Source: unified-llm-spec 3.5.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolCallData {
    /// Links the call to its result.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments; an empty object when they couldn't be parsed.
    #[serde(default = "empty_object")]
    pub arguments: Value,
    /// The arguments as the provider spelt them, before parsing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_arguments: Option<String>,
    /// `function`, or `custom` for tools that take free text.
    #[serde(rename = "type", default = "function")]
    pub call_type: String,
    /// Why the call must not be executed: its arguments were cut off or aren't JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalid: Option<String>,
    /// What the provider attached; replayed to it verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_metadata: Option<ProviderMetadata>,
}

impl ToolCallData {
    /// A valid call with parsed arguments.
    #[must_use]
    pub fn new(id: impl Into<String>, name: impl Into<String>, arguments: Value) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            arguments,
            raw_arguments: None,
            call_type: function(),
            invalid: None,
            provider_metadata: None,
        }
    }
}

impl From<ToolCall> for ToolCallData {
    fn from(call: ToolCall) -> Self {
        Self {
            raw_arguments: call.raw_arguments,
            invalid: call.invalid,
            ..Self::new(call.id, call.name, call.arguments)
        }
    }
}

fn function() -> String {
    "function".to_owned()
}

fn empty_object() -> Value {
    Value::Object(Map::new())
}

/// A tool's result as it stands in a message.
///
/// Source: unified-llm-spec 3.5.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolResultData {
    /// The call this answers.
    pub tool_call_id: String,
    /// What the tool answered: a string, or anything structured.
    pub content: Value,
    /// Whether the tool failed.
    #[serde(default)]
    pub is_error: bool,
    /// An image beside the content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageData>,
    /// What the provider attached; replayed to it verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_metadata: Option<ProviderMetadata>,
}

impl ToolResultData {
    /// A result that stands for success.
    #[must_use]
    pub fn new(tool_call_id: impl Into<String>, content: impl Into<Value>) -> Self {
        Self {
            tool_call_id: tool_call_id.into(),
            content: content.into(),
            is_error: false,
            image: None,
            provider_metadata: None,
        }
    }

    /// Sets whether the tool failed.
    #[must_use]
    pub fn is_error(mut self, is_error: bool) -> Self {
        self.is_error = is_error;
        self
    }

    /// Puts an image beside the content.
    #[must_use]
    pub fn image(mut self, image: ImageData) -> Self {
        self.image = Some(image);
        self
    }
}

/// A block of one provider, kept as it came.
///
/// It is sent back verbatim to the provider it came from and left out for any other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OtherData {
    /// The provider's name for it; `type` in JSON.
    #[serde(rename = "type")]
    pub kind: String,
    /// The provider it came from.
    pub provider: String,
    /// The whole block.
    pub raw: Value,
}

impl OtherData {
    /// A block of `provider`.
    #[must_use]
    pub fn new(kind: impl Into<String>, provider: impl Into<String>, raw: Value) -> Self {
        Self {
            kind: kind.into(),
            provider: provider.into(),
            raw,
        }
    }
}
