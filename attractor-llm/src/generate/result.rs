use crate::types::{FinishReason, Message, Response, ToolCall, ToolResult, Usage, Warning};

/// What a call gave, all its steps included.
///
/// Text, reasoning, calls, finish reason and usage are those of the final step. `output` is the
/// value of [`generate_object`](crate::generate_object) and `()` elsewhere.
///
/// Source: unified-llm-spec 4.3.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct GenerateResult<O = ()> {
    /// The text.
    pub text: String,
    /// The readable reasoning; `None` when there is none.
    pub reasoning: Option<String>,
    /// The tool calls; those without a result are the caller's to answer.
    pub tool_calls: Vec<ToolCall>,
    /// What the tools gave that were executed.
    pub tool_results: Vec<ToolResult>,
    /// Why the generation stopped.
    pub finish_reason: FinishReason,
    /// Tokens of the final step.
    pub usage: Usage,
    /// Tokens of all steps.
    pub total_usage: Usage,
    /// Every step, in order; at least one.
    pub steps: Vec<StepResult>,
    /// The final response.
    pub response: Response,
    /// The conversation with all that was added, to go on from.
    pub messages: Vec<Message>,
    /// The object, checked against its schema.
    pub output: O,
}

impl GenerateResult {
    /// The result of steps that end in `last`.
    pub(super) fn new(
        mut steps: Vec<StepResult>,
        last: StepResult,
        messages: Vec<Message>,
    ) -> Self {
        steps.push(last.clone());
        Self {
            text: last.text,
            reasoning: last.reasoning,
            tool_calls: last.tool_calls,
            tool_results: last.tool_results,
            finish_reason: last.finish_reason,
            usage: last.usage,
            total_usage: steps.iter().map(|step| step.usage.clone()).sum(),
            steps,
            response: last.response,
            messages,
            output: (),
        }
    }

    /// The same result with an object.
    pub(super) fn with_output<O>(self, output: O) -> GenerateResult<O> {
        GenerateResult {
            text: self.text,
            reasoning: self.reasoning,
            tool_calls: self.tool_calls,
            tool_results: self.tool_results,
            finish_reason: self.finish_reason,
            usage: self.usage,
            total_usage: self.total_usage,
            steps: self.steps,
            response: self.response,
            messages: self.messages,
            output,
        }
    }
}

/// One request to the model and the execution of the tools that it called.
///
/// Source: unified-llm-spec 4.3.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StepResult {
    /// The text.
    pub text: String,
    /// The readable reasoning; `None` when there is none.
    pub reasoning: Option<String>,
    /// The tool calls.
    pub tool_calls: Vec<ToolCall>,
    /// What the tools gave that were executed, in the order of their calls.
    pub tool_results: Vec<ToolResult>,
    /// Why the generation stopped.
    pub finish_reason: FinishReason,
    /// Tokens used.
    pub usage: Usage,
    /// The whole response.
    pub response: Response,
    /// What didn't fail the request but may matter.
    pub warnings: Vec<Warning>,
}

impl StepResult {
    pub(super) fn new(response: Response, tool_results: Vec<ToolResult>) -> Self {
        Self {
            text: response.text(),
            reasoning: response.reasoning(),
            tool_calls: response.tool_calls(),
            tool_results,
            finish_reason: response.finish_reason.clone(),
            usage: response.usage.clone(),
            warnings: response.warnings.clone(),
            response,
        }
    }
}
