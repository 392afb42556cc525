//! Session events as progress of a stage.

use attractor_core::{ProgressSink, StageProgress};

use super::excerpt;
use crate::{event::EventKind, tool::summarise};

/// Reports what the stage's journal or a live reader wants to know.
pub(super) fn report(sink: &ProgressSink, event: &EventKind) {
    if let EventKind::SubagentEvent { agent_id, event } = event {
        report_subagent(sink, agent_id, &event.kind);
        return;
    }
    if let Some(report) = translate(event) {
        sink.send(report);
    }
    if let EventKind::AssistantTextEnd { text, .. } = event
        && !text.is_empty()
    {
        sink.send(StageProgress::Text { text: text.clone() });
    }
}

/// Of a subagent, what it uses and does, so that the run's budget counts it; its text is for the
/// agent that started it.
fn report_subagent(sink: &ProgressSink, agent_id: &str, event: &EventKind) {
    if let EventKind::SubagentEvent {
        agent_id: nested,
        event,
    } = event
    {
        report_subagent(sink, &format!("{agent_id}/{nested}"), &event.kind);
        return;
    }
    let report = translate(event).map(|mut report| {
        use StageProgress::{ToolCallCompleted, ToolCallStarted, ToolOutputDelta, Warning};
        match &mut report {
            ToolCallStarted { call_id, .. }
            | ToolCallCompleted { call_id, .. }
            | ToolOutputDelta { call_id, .. } => *call_id = format!("{agent_id}/{call_id}"),
            Warning { message } => *message = format!("{agent_id}: {message}"),
            _ => {}
        }
        report
    });
    match report {
        None | Some(StageProgress::TextDelta { .. } | StageProgress::Steered { .. }) => {}
        Some(report) => sink.send(report),
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
            arguments,
        } => StageProgress::ToolCallStarted {
            call_id,
            tool: tool_name,
            summary,
            arguments: excerpt::arguments(arguments),
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
            output: excerpt::output(&output),
        },
        EventKind::SteeringInjected { content } => StageProgress::Steered { message: content },
        EventKind::Warning { message } | EventKind::LoopDetection { message } => {
            StageProgress::Warning { message }
        }
        _ => return None,
    })
}
