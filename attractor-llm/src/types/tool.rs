use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ImageData, ToolCallData};
use crate::error::{Error, ErrorKind};
use crate::limits::MAX_TOOL_NAME_CHARS;
use crate::provider::json;

/// A tool that the model may call.
///
/// ```
/// use attractor_llm::ToolDefinition;
/// use serde_json::json;
///
/// let tool = ToolDefinition::new(
///     "get_weather",
///     "The weather in a city",
///     json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}),
/// )?;
/// assert!(ToolDefinition::new("get weather", "", json!({"type": "object"})).is_err());
/// # Ok::<(), attractor_llm::Error>(())
/// ```
///
/// Source: unified-llm-spec 5.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolDefinition {
    /// A letter, then letters, digits and underscores; at most 64 characters.
    pub name: String,
    /// What the tool does, for the model.
    pub description: String,
    /// A JSON Schema whose root is an object.
    pub parameters: Value,
}

impl ToolDefinition {
    /// A tool whose name and schema every provider accepts.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] when the name isn't an identifier of at most 64 characters or
    /// the schema's root isn't `"type": "object"`.
    pub fn new(
        name: impl Into<String>,
        description: impl Into<String>,
        parameters: Value,
    ) -> Result<Self, Error> {
        let name = name.into();
        if !is_tool_name(&name) {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                format!(
                    "tool name {name:?} isn't a letter followed by letters, digits and underscores, \
                     at most {MAX_TOOL_NAME_CHARS} in all"
                ),
            ));
        }
        if parameters.get("type").and_then(Value::as_str) != Some("object") {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                format!("parameters of the tool {name} need \"type\": \"object\" at their root"),
            ));
        }
        Ok(Self {
            name,
            description: description.into(),
            parameters,
        })
    }
}

fn is_tool_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.len() <= MAX_TOOL_NAME_CHARS
}

/// Whether and which tools the model uses.
///
/// Source: unified-llm-spec 5.3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", content = "tool_name", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolChoice {
    /// The model decides.
    Auto,
    /// No tool, even where some are defined.
    None,
    /// At least one tool.
    Required,
    /// This tool.
    Named(String),
}

/// A tool call taken out of a response, to be executed.
///
/// A call whose [`invalid`](Self::invalid) is set must not be executed: answer it with an error
/// result instead.
///
/// Source: unified-llm-spec 5.4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolCall {
    /// Links the call to its result.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The parsed arguments; an empty object when they couldn't be parsed.
    pub arguments: Value,
    /// The arguments as the provider spelt them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_arguments: Option<String>,
    /// Why the call must not be executed: its arguments were cut off or aren't JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalid: Option<String>,
}

impl ToolCall {
    /// A valid call with parsed arguments.
    #[must_use]
    pub fn new(id: impl Into<String>, name: impl Into<String>, arguments: Value) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            arguments,
            raw_arguments: None,
            invalid: None,
        }
    }

    /// A call whose arguments are still text; empty text and `null` stand for no arguments.
    ///
    /// Text that isn't a JSON object makes the call [`invalid`](Self::invalid), never an error.
    #[must_use]
    pub fn parse(id: impl Into<String>, name: impl Into<String>, raw: impl Into<String>) -> Self {
        let raw = raw.into();
        let (arguments, invalid) = parse_arguments(&raw);
        Self {
            raw_arguments: Some(raw),
            invalid,
            ..Self::new(id, name, arguments)
        }
    }
}

fn parse_arguments(raw: &str) -> (Value, Option<String>) {
    let empty = Value::Object(Map::new());
    if raw.trim().is_empty() {
        return (empty, None);
    }
    match json::parse(raw) {
        Ok(Value::Object(arguments)) => (Value::Object(arguments), None),
        // Some models write nothing in this way.
        Ok(Value::Null) => (empty, None),
        Ok(_) => (empty, Some("the arguments aren't a JSON object".to_owned())),
        Err(error) => (empty, Some(format!("the arguments aren't JSON: {error}"))),
    }
}

impl From<&ToolCallData> for ToolCall {
    fn from(data: &ToolCallData) -> Self {
        Self {
            id: data.id.clone(),
            name: data.name.clone(),
            arguments: data.arguments.clone(),
            raw_arguments: data.raw_arguments.clone(),
            invalid: data.invalid.clone(),
        }
    }
}

/// What executing a tool call gave.
///
/// Source: unified-llm-spec 5.4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolResult {
    /// The call this answers.
    pub tool_call_id: String,
    /// The tool's output: a string, or anything structured.
    pub content: Value,
    /// Whether the tool failed.
    pub is_error: bool,
    /// An image beside the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageData>,
}

impl ToolResult {
    /// A result of either sort.
    #[must_use]
    pub fn new(tool_call_id: impl Into<String>, content: impl Into<Value>, is_error: bool) -> Self {
        Self {
            tool_call_id: tool_call_id.into(),
            content: content.into(),
            is_error,
            image: None,
        }
    }

    /// Puts an image beside the output.
    #[must_use]
    pub fn image(mut self, image: ImageData) -> Self {
        self.image = Some(image);
        self
    }
}
