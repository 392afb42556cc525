//! An object as the arguments of a tool, for models that call tools but follow no schema; pure.
//!
//! The model is offered a tool whose parameters are the schema, and its call is turned into the text
//! that a model with a schema would have written. Everything after that is the same for both.
//!
//! Source: unified-llm-spec 4.5.

use serde_json::Value;

use crate::error::Error;
use crate::types::{
    ContentPart, FinishReasonKind, Response, StreamEvent, ToolCall, ToolChoice, ToolDefinition,
};

/// The tool that takes the answer.
pub(super) const ANSWER: &str = "answer";

const DESCRIPTION: &str = "Takes the whole answer. Call it once, when the answer is known.";

/// An object being asked for by a tool.
#[derive(Debug)]
pub(super) struct Extraction {
    pub(super) definition: ToolDefinition,
    /// The call that the answer streams in, and whether any of it has come.
    open: Option<(String, bool)>,
}

impl Extraction {
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) when the schema's root isn't
    /// an object.
    pub(super) fn new(schema: &Value) -> Result<Self, Error> {
        Ok(Self {
            definition: ToolDefinition::new(ANSWER, DESCRIPTION, schema.clone())?,
            open: None,
        })
    }

    /// Which tool the model is to call: any, while there are others and rounds left to use them.
    pub(super) fn tool_choice(&self, others: bool) -> ToolChoice {
        match others {
            true => ToolChoice::Required,
            false => ToolChoice::Named(ANSWER.to_owned()),
        }
    }

    /// The response with the answer as its text.
    pub(super) fn response(&self, mut response: Response) -> Response {
        let is_answer = |part: &ContentPart| match part {
            ContentPart::ToolCall(call) => call.name == ANSWER,
            _ => false,
        };
        if !response.message.content.iter().any(is_answer) {
            return response;
        }
        let parts = std::mem::take(&mut response.message.content);
        // What it said beside the call isn't the answer.
        let parts = parts
            .into_iter()
            .filter(|part| !matches!(part, ContentPart::Text(_)));
        let parts = parts.map(|part| match &part {
            ContentPart::ToolCall(call) if is_answer(&part) => {
                ContentPart::text(text(&ToolCall::from(call)))
            }
            _ => part,
        });
        response.message.content = parts.collect();
        let reason = &mut response.finish_reason.reason;
        if *reason == FinishReasonKind::ToolCalls && response.message.tool_calls().is_empty() {
            *reason = FinishReasonKind::Stop;
        }
        response
    }

    /// The events of the answer as those of a text.
    pub(super) fn events(&mut self, event: StreamEvent) -> Vec<StreamEvent> {
        match event {
            StreamEvent::ToolCallStart { id, name } if name == ANSWER => {
                self.open = Some((id.clone(), false));
                vec![StreamEvent::TextStart { text_id: id }]
            }
            StreamEvent::ToolCallDelta { id, delta } => match &mut self.open {
                Some((open, has_text)) if *open == id => {
                    *has_text = true;
                    vec![StreamEvent::TextDelta { text_id: id, delta }]
                }
                _ => vec![StreamEvent::ToolCallDelta { id, delta }],
            },
            StreamEvent::ToolCallEnd { tool_call } if tool_call.name == ANSWER => {
                let (text_id, text) = (tool_call.id.clone(), text(&tool_call));
                let opened = self.open.take();
                let start = opened.is_none().then(|| StreamEvent::TextStart {
                    text_id: text_id.clone(),
                });
                let has_text = opened.is_some_and(|(_, has_text)| has_text);
                let delta = (!has_text).then(|| StreamEvent::TextDelta {
                    text_id: text_id.clone(),
                    delta: text.clone(),
                });
                let end = StreamEvent::TextEnd { text_id, text };
                start.into_iter().chain(delta).chain([end]).collect()
            }
            other => vec![other],
        }
    }
}

/// The answer as the model spelt it.
fn text(call: &ToolCall) -> String {
    match &call.raw_arguments {
        Some(raw) if !raw.trim().is_empty() => raw.clone(),
        _ => call.arguments.to_string(),
    }
}
