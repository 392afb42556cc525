//! Session events as progress of a stage.

use attractor_core::{ProgressSink, StageProgress};

use crate::{event::EventKind, tool::summarise};

/// Reports what the stage's journal or a live reader wants to know.
pub(super) fn report(sink: &ProgressSink, event: &EventKind) {
    if let Some(report) = translate(event) {
        sink.send(report);
    }
    if let EventKind::AssistantTextEnd { text, .. } = event
        && !text.is_empty()
    {
        sink.send(StageProgress::Text { text: text.clone() });
    }
}

fn translate(event: &EventKind) -> Option<StageProgress> {
    Some(match event.clone() {
        EventKind::ModelRequest { provider, model } => {
            StageProgress::ModelRequestStarted { provider, model }
        }
        EventKind::AssistantTextEnd {
            provider,
            model,
            usage,
            cost_micro_usd,
            ..
        } => StageProgress::ModelResponse {
            provider,
            model,
            input_tokens: usage.total_input_tokens(),
            output_tokens: usage.output_tokens,
            reasoning_tokens: usage.reasoning_tokens,
            cache_read_tokens: usage.cache_read_tokens,
            cache_write_tokens: usage.cache_write_tokens,
            cost_micro_usd,
        },
        EventKind::AssistantTextDelta { delta } => StageProgress::TextDelta { text: delta },
        EventKind::ToolCallStart {
            call_id,
            tool_name,
            summary,
            ..
        } => StageProgress::ToolCallStarted {
            call_id,
            tool: tool_name,
            summary,
        },
        EventKind::ToolCallOutputDelta { call_id, delta } => StageProgress::ToolOutputDelta {
            call_id,
            text: delta,
        },
        EventKind::ToolCallEnd {
            call_id,
            tool_name,
            output,
            is_error,
            ..
        } => StageProgress::ToolCallCompleted {
            call_id,
            tool: tool_name,
            is_error,
            summary: summarise(&output),
        },
        EventKind::SteeringInjected { content } => StageProgress::Steered { message: content },
        EventKind::Warning { message } | EventKind::LoopDetection { message } => {
            StageProgress::Warning { message }
        }
        _ => return None,
    })
}
