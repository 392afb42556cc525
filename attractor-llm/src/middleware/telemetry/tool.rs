//! The span of a tool's execution.

use opentelemetry::trace::{SpanBuilder, SpanKind, Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};

use super::instruments::Instruments;
use super::{content, semconv};
use crate::types::{ToolCall, ToolResult};

/// An execution under way; ends its span at the latest when it is dropped.
pub(super) struct Execution {
    context: Context,
    records_content: bool,
    is_over: bool,
}

impl Execution {
    pub(super) fn begin(instruments: &Instruments, call: &ToolCall, records_content: bool) -> Self {
        let attributes = [
            KeyValue::new(semconv::OPERATION_NAME, semconv::EXECUTE_TOOL),
            KeyValue::new(semconv::TOOL_NAME, call.name.clone()),
            KeyValue::new(semconv::TOOL_TYPE, "function"),
            KeyValue::new(semconv::TOOL_CALL_ID, call.id.clone()),
        ];
        let arguments = records_content
            .then(|| content::of_value(semconv::TOOL_CALL_ARGUMENTS, &call.arguments));
        let span = SpanBuilder::from_name(format!("{} {}", semconv::EXECUTE_TOOL, call.name))
            .with_kind(SpanKind::Internal)
            .with_attributes(attributes.into_iter().chain(arguments))
            .start(&instruments.tracer);
        Self {
            context: Context::current_with_span(span),
            records_content,
            is_over: false,
        }
    }

    /// The context in which the tool is executed.
    pub(super) fn context(&self) -> Context {
        self.context.clone()
    }

    pub(super) fn end(&mut self, result: &ToolResult) {
        if self.records_content {
            let result = content::of_value(semconv::TOOL_CALL_RESULT, &result.content);
            self.context.span().set_attribute(result);
        }
        self.over(result.is_error.then_some("tool_error"));
    }

    fn over(&mut self, error: Option<&'static str>) {
        self.is_over = true;
        let span = self.context.span();
        if let Some(kind) = error {
            span.set_attribute(KeyValue::new(semconv::ERROR_TYPE, kind));
            span.set_status(Status::error(kind));
        }
        span.end();
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        if !self.is_over {
            self.over(Some("cancelled"));
        }
    }
}
