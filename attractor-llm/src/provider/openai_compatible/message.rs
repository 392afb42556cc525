//! One message, as it is sent.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

/// A message of the API.
///
/// Most are a role and a text of the conversation's, and no values are made of those.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum ChatMessage<'a> {
    /// What is said to the model.
    Said(Said<'a>),
    /// What the model said.
    Answer(Value),
}

/// What the user, a tool or the application says.
#[derive(Debug, Serialize)]
pub(super) struct Said<'a> {
    role: &'static str,
    /// The call, of a result.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<String>,
    /// The tool, of a result.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    content: Content<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<Value>),
}

impl<'a> ChatMessage<'a> {
    pub(super) fn text(role: &'static str, text: impl Into<Cow<'a, str>>) -> Self {
        Self::said(role, Content::Text(text.into()))
    }

    /// What the user says in several parts.
    pub(super) fn user(parts: Vec<Value>) -> Self {
        Self::said("user", Content::Parts(parts))
    }

    /// What a tool answered to a call.
    pub(super) fn result(call_id: &str, tool: Option<&'a str>, text: String) -> Self {
        Self::Said(Said {
            role: "tool",
            tool_call_id: Some(call_id.to_owned()),
            name: tool,
            content: Content::Text(text.into()),
        })
    }

    fn said(role: &'static str, content: Content<'a>) -> Self {
        Self::Said(Said {
            role,
            tool_call_id: None,
            name: None,
            content,
        })
    }

    pub(super) fn role(&self) -> &'static str {
        match self {
            Self::Said(said) => said.role,
            Self::Answer(_) => "assistant",
        }
    }

    /// What is said, as parts that can be changed; `None` where that is nothing.
    pub(super) fn parts(&mut self) -> Option<&mut Vec<Value>> {
        let Self::Said(Said { content, .. }) = self else {
            return None;
        };
        if let Content::Text(text) = content
            && !text.is_empty()
        {
            *content = Content::Parts(vec![json!({"type": "text", "text": text})]);
        }
        match content {
            Content::Text(_) => None,
            Content::Parts(parts) => Some(parts),
        }
    }

    /// Its values, which may have what the caller put there.
    pub(super) fn values(&self) -> &[Value] {
        match self {
            Self::Said(Said { content, .. }) => match content {
                Content::Text(_) => &[],
                Content::Parts(parts) => parts,
            },
            Self::Answer(answer) => std::slice::from_ref(answer),
        }
    }
}
