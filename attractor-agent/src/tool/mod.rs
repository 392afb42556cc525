//! What a tool is, where tools are kept and how a call runs.

mod access;
mod context;
mod limits;
mod output;
mod pipeline;
mod registry;
mod truncate;
mod validate;

use std::fmt::Debug;

use async_trait::async_trait;
use attractor_llm::ToolDefinition;
use serde_json::Value;

pub use self::{
    access::{Access, Places},
    context::ToolContext,
    limits::output_limit,
    output::ToolOutput,
    registry::ToolRegistry,
    truncate::{OutputLimit, TruncationMode, truncate},
};
pub(crate) use self::{
    limits::OutputLimits,
    pipeline::{Call, Finished, summarise},
};
use crate::error::Error;

/// Something that a model can call.
///
/// ```
/// use async_trait::async_trait;
/// use attractor_agent::{Error, Tool, ToolContext, ToolOutput};
/// use attractor_llm::ToolDefinition;
/// use serde_json::{Value, json};
///
/// #[derive(Debug)]
/// struct Double;
///
/// #[async_trait]
/// impl Tool for Double {
///     fn name(&self) -> &str {
///         "double"
///     }
///
///     fn description(&self) -> &str {
///         "Doubles a number."
///     }
///
///     fn parameters(&self) -> Value {
///         json!({
///             "type": "object",
///             "properties": {"n": {"type": "integer"}},
///             "required": ["n"]
///         })
///     }
///
///     async fn execute(&self, arguments: Value, _: &ToolContext) -> Result<ToolOutput, Error> {
///         let n = arguments["n"].as_i64().unwrap_or_default();
///         Ok(ToolOutput::text((2 * n).to_string()))
///     }
/// }
/// ```
#[async_trait]
pub trait Tool: Debug + Send + Sync + 'static {
    /// The name that the model calls: a letter, then letters, digits and underscores.
    fn name(&self) -> &str;

    /// What it does and when to use it, for the model. The first sentence also stands in the
    /// system prompt.
    fn description(&self) -> &str;

    /// The JSON Schema of the arguments; its root is an object.
    ///
    /// # Behavior
    /// - Read once, when the tool is registered.
    fn parameters(&self) -> Value;

    /// What a call with these arguments reads or changes: two calls of one response run at the
    /// same time when [`Access::goes_with`] lets them.
    ///
    /// # Behavior
    /// - The arguments may be anything: they haven't been checked yet.
    /// - Paths are as the model wrote them; they are compared as the environment resolves them.
    fn access(&self, arguments: &Value) -> Access {
        let _ = arguments;
        Access::Writes(Places::Anywhere)
    }

    /// One short line that tells a person what this call does, e.g. the command or the path.
    fn summary(&self, arguments: &Value) -> String {
        summarise(&arguments.to_string())
    }

    /// Does it.
    ///
    /// # Behavior
    /// - The arguments fit [`parameters`](Self::parameters).
    /// - An error's message goes to the model as the call's result, so it says what to do next.
    /// - Ends soon after [`ToolContext::cancel`] is cancelled; the future is dropped if it
    ///   doesn't.
    async fn execute(&self, arguments: Value, context: &ToolContext) -> Result<ToolOutput, Error>;
}

const _: Option<&dyn Tool> = None;

/// A tool's definition as a request carries it.
pub(crate) fn definition(tool: &dyn Tool) -> Result<ToolDefinition, Error> {
    ToolDefinition::new(tool.name(), tool.description(), tool.parameters()).map_err(|error| {
        Error::new(crate::ErrorKind::Configuration, error.to_string()).with_source(error)
    })
}
