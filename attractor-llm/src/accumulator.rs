//! Stream events -> response; pure.

use crate::types::{
    ContentPart, FinishReasonKind, Message, Response, Role, StreamEvent, ThinkingData, ToolCall,
    ToolCallData,
};

/// Collects the events of a stream into a response.
///
/// ```
/// use attractor_llm::{StreamAccumulator, StreamEvent};
///
/// let mut accumulator = StreamAccumulator::new();
/// let text_id = "0".to_owned();
/// accumulator.process(&StreamEvent::TextDelta { text_id, delta: "four".to_owned() });
/// assert!(accumulator.response().is_none());
/// assert_eq!(accumulator.partial().text(), "four");
/// ```
///
/// Source: unified-llm-spec 4.4.
#[derive(Clone, Debug, Default)]
pub struct StreamAccumulator {
    id: String,
    model: String,
    provider: String,
    segments: Vec<Segment>,
    finished: Option<Response>,
}

#[derive(Clone, Debug)]
struct Segment {
    id: String,
    part: Part,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Reasoning(ThinkingData),
    /// A call whose arguments are still coming.
    OpenCall {
        name: String,
        arguments: String,
    },
    Call(ToolCall),
}

impl StreamAccumulator {
    /// An accumulator that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next event.
    pub fn process(&mut self, event: &StreamEvent) {
        match event {
            StreamEvent::StreamStart {
                id,
                model,
                provider,
                ..
            } => {
                self.id = id.clone().unwrap_or_default();
                self.model = model.clone().unwrap_or_default();
                self.provider.clone_from(provider);
            }
            StreamEvent::TextStart { text_id } => self.push(text_id, Part::Text(String::new())),
            StreamEvent::TextDelta { text_id, delta } => {
                self.text(text_id, |text| text.push_str(delta));
            }
            StreamEvent::TextEnd { text_id, text } => {
                self.text(text_id, |have| have.clone_from(text));
            }
            StreamEvent::ReasoningStart { reasoning_id } => {
                self.push(reasoning_id, Part::Reasoning(ThinkingData::default()));
            }
            StreamEvent::ReasoningDelta {
                reasoning_id,
                delta,
            } => {
                self.reasoning(reasoning_id, |thinking| thinking.text.push_str(delta));
            }
            StreamEvent::ReasoningEnd {
                reasoning_id,
                thinking,
            } => {
                self.reasoning(reasoning_id, |have| have.clone_from(thinking));
            }
            StreamEvent::ToolCallStart { id, name } => {
                self.push(
                    id,
                    Part::OpenCall {
                        name: name.clone(),
                        arguments: String::new(),
                    },
                );
            }
            StreamEvent::ToolCallDelta { id, delta } => self.call_delta(id, delta),
            StreamEvent::ToolCallEnd { tool_call } => self.call_end(tool_call),
            StreamEvent::Finish { response, .. } => self.finished = Some((**response).clone()),
            // What follows is another response.
            StreamEvent::StepFinish { .. } => self.segments.clear(),
            StreamEvent::ProviderEvent { .. } => {}
        }
    }

    /// The whole response, equal to what `complete` would have returned; `None` until the stream
    /// has finished.
    #[must_use]
    pub fn response(&self) -> Option<Response> {
        self.finished.clone()
    }

    /// What has arrived so far; a tool call that isn't complete is marked invalid.
    #[must_use]
    pub fn partial(&self) -> Response {
        if let Some(finished) = &self.finished {
            return finished.clone();
        }
        let content: Vec<_> = self.segments.iter().map(Segment::to_part).collect();
        let message = Message::new(Role::Assistant, content);
        Response::new(
            &self.provider,
            &self.model,
            message,
            FinishReasonKind::Other,
        )
        .id(&self.id)
    }

    fn push(&mut self, id: &str, part: Part) {
        self.segments.push(Segment {
            id: id.to_owned(),
            part,
        });
    }

    /// The latest segments first: ids may come again in the next step of a longer stream.
    fn parts(&mut self, id: &str) -> impl Iterator<Item = &mut Part> {
        let found = self
            .segments
            .iter_mut()
            .rev()
            .filter(move |segment| segment.id == id);
        found.map(|segment| &mut segment.part)
    }

    fn text(&mut self, id: &str, change: impl FnOnce(&mut String)) {
        let found = self.parts(id).find_map(|part| match part {
            Part::Text(text) => Some(text),
            _ => None,
        });
        match found {
            Some(text) => change(text),
            None => {
                let mut text = String::new();
                change(&mut text);
                self.push(id, Part::Text(text));
            }
        }
    }

    fn reasoning(&mut self, id: &str, change: impl FnOnce(&mut ThinkingData)) {
        let found = self.parts(id).find_map(|part| match part {
            Part::Reasoning(thinking) => Some(thinking),
            _ => None,
        });
        match found {
            Some(thinking) => change(thinking),
            None => {
                let mut thinking = ThinkingData::default();
                change(&mut thinking);
                self.push(id, Part::Reasoning(thinking));
            }
        }
    }

    fn call_delta(&mut self, id: &str, delta: &str) {
        let open = self.parts(id).find_map(|part| match part {
            Part::OpenCall { arguments, .. } => Some(arguments),
            _ => None,
        });
        if let Some(arguments) = open {
            arguments.push_str(delta);
        }
    }

    fn call_end(&mut self, call: &ToolCall) {
        let open = self
            .parts(&call.id)
            .find(|part| matches!(part, Part::OpenCall { .. }));
        match open {
            Some(part) => *part = Part::Call(call.clone()),
            None => self.push(&call.id, Part::Call(call.clone())),
        }
    }
}

impl Segment {
    fn to_part(&self) -> ContentPart {
        match &self.part {
            Part::Text(text) => ContentPart::text(text),
            Part::Reasoning(thinking) if thinking.redacted => {
                ContentPart::RedactedThinking(thinking.clone())
            }
            Part::Reasoning(thinking) => ContentPart::Thinking(thinking.clone()),
            Part::Call(call) => ContentPart::ToolCall(ToolCallData::from(call.clone())),
            Part::OpenCall { name, arguments } => {
                let mut call = ToolCall::parse(&self.id, name, arguments);
                call.invalid = Some("the call isn't complete".to_owned());
                ContentPart::ToolCall(ToolCallData::from(call))
            }
        }
    }
}
