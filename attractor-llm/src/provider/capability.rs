use crate::types::ToolChoice;

/// What an adapter can do; the conformance suite tests exactly this.
///
/// ```
/// use attractor_llm::Capabilities;
///
/// let mut capabilities = Capabilities::text_only();
/// capabilities.tools = true;
/// assert!(!capabilities.images);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Calls tools.
    pub tools: bool,
    /// Calls several tools in one answer.
    pub parallel_tools: bool,
    /// Can be told to call no tool.
    pub tool_choice_none: bool,
    /// Can be told to call some tool.
    pub tool_choice_required: bool,
    /// Can be told to call one tool by name.
    pub tool_choice_named: bool,
    /// Takes images.
    pub images: bool,
    /// Takes documents.
    pub documents: bool,
    /// Takes recordings.
    pub audio: bool,
    /// Shows its reasoning and takes it back.
    pub thinking: bool,
    /// Reports how many of its tokens were reasoning.
    pub reasoning_tokens: bool,
    /// Follows a JSON Schema natively.
    pub structured_output: bool,
    /// Does so in a request that has tools as well.
    pub structured_output_with_tools: bool,
    /// Reports what its prompt cache served and stored.
    pub prompt_caching: bool,
}

impl Capabilities {
    /// Text in, text out.
    #[must_use]
    pub fn text_only() -> Self {
        Self {
            tools: false,
            parallel_tools: false,
            tool_choice_none: false,
            tool_choice_required: false,
            tool_choice_named: false,
            images: false,
            documents: false,
            audio: false,
            thinking: false,
            reasoning_tokens: false,
            structured_output: false,
            structured_output_with_tools: false,
            prompt_caching: false,
        }
    }

    /// Everything there is.
    #[must_use]
    pub fn all() -> Self {
        Self {
            tools: true,
            parallel_tools: true,
            tool_choice_none: true,
            tool_choice_required: true,
            tool_choice_named: true,
            images: true,
            documents: true,
            audio: true,
            thinking: true,
            reasoning_tokens: true,
            structured_output: true,
            structured_output_with_tools: true,
            prompt_caching: true,
        }
    }

    /// Whether tools can be chosen in this way.
    #[must_use]
    pub fn supports_tool_choice(&self, tool_choice: &ToolChoice) -> bool {
        match tool_choice {
            ToolChoice::Auto => self.tools,
            ToolChoice::None => self.tool_choice_none,
            ToolChoice::Required => self.tool_choice_required,
            ToolChoice::Named(_) => self.tool_choice_named,
        }
    }
}
