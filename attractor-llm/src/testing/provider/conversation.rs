//! Request -> facts to match on.

use crate::testing::conversation::Conversation;
use crate::types::{ContentPart, Message, Origin, Request, Role};

/// The request without the reasoning of other providers and models, which no adapter may send.
pub(super) fn own_reasoning(mut request: Request, provider: &str) -> Request {
    let own = Origin::new(provider, &request.model);
    for message in &mut request.messages {
        message.content.retain(|part| match part {
            ContentPart::Thinking(data) | ContentPart::RedactedThinking(data) => {
                data.origin.as_ref().is_none_or(|origin| *origin == own)
            }
            _ => true,
        });
    }
    request
}

/// The facts, with messages of one side in a row counted as one, as on the wire.
pub(super) fn conversation(request: &Request, stream: bool) -> Conversation {
    let (instructions, messages): (Vec<&Message>, Vec<&Message>) = request
        .messages
        .iter()
        .partition(|message| matches!(message.role, Role::System | Role::Developer));
    let sides: Vec<&[&Message]> = messages
        .chunk_by(|left, right| is_model(left) == is_model(right))
        .collect();
    let parts = messages.iter().flat_map(|message| &message.content);
    Conversation {
        model: request.model.clone(),
        stream,
        system: text(&instructions),
        texts: sides.iter().map(|side| text(side)).collect(),
        tool_results: parts
            .filter(|part| matches!(part, ContentPart::ToolResult(_)))
            .count(),
        assistant_messages: sides.iter().filter(|side| is_model(side[0])).count(),
    }
}

fn is_model(message: &Message) -> bool {
    message.role == Role::Assistant
}

fn text(messages: &[&Message]) -> String {
    let parts = messages.iter().flat_map(|message| &message.content);
    parts.filter_map(part_text).collect::<Vec<_>>().join("\n")
}

fn part_text(part: &ContentPart) -> Option<String> {
    match part {
        ContentPart::Text(data) => Some(data.text.clone()),
        ContentPart::ToolResult(data) => Some(
            data.content
                .as_str()
                .map_or_else(|| data.content.to_string(), str::to_owned),
        ),
        _ => None,
    }
}
