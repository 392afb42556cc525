//! What executes a tool: a trait, and closures in its place.

use std::error::Error as StdError;
use std::fmt::{self, Debug};

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;

use super::ToolContext;

/// Why a tool failed; its text goes to the model.
pub type ToolError = Box<dyn StdError + Send + Sync>;

/// Executes a tool.
///
/// Source: unified-llm-spec 5.2.
#[async_trait]
pub trait ToolHandler: Debug + Send + Sync + 'static {
    /// Executes one call.
    ///
    /// # Behavior
    ///
    /// - `arguments` is an object that fits the tool's schema.
    /// - An `Err` goes to the model as an error result; it never fails the generation.
    /// - Several calls may run at the same time, on one task: what blocks belongs on another thread.
    /// - A panic isn't caught.
    /// - Dropping the future cancels it.
    async fn execute(&self, arguments: Value, context: ToolContext) -> Result<Value, ToolError>;
}

/// Fails to compile if the trait stops being dyn-safe.
const _: Option<&dyn ToolHandler> = None;

/// What a closure may return: text, JSON, or a `Result` of anything that can be serialised.
pub trait ToolOutput: Send {
    /// The output as JSON, or why there is none.
    ///
    /// # Errors
    ///
    /// The tool's failure, or that of the serialisation.
    fn into_output(self) -> Result<Value, ToolError>;
}

impl ToolOutput for Value {
    fn into_output(self) -> Result<Value, ToolError> {
        Ok(self)
    }
}

impl ToolOutput for String {
    fn into_output(self) -> Result<Value, ToolError> {
        Ok(Value::String(self))
    }
}

impl ToolOutput for &'static str {
    fn into_output(self) -> Result<Value, ToolError> {
        Ok(Value::from(self))
    }
}

impl<T, E> ToolOutput for Result<T, E>
where
    T: Serialize + Send,
    E: Into<ToolError> + Send,
{
    fn into_output(self) -> Result<Value, ToolError> {
        Ok(serde_json::to_value(self.map_err(Into::into)?)?)
    }
}

/// A closure as a handler.
pub(super) struct Closure<F>(pub(super) F);

impl<F> Debug for Closure<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closure")
    }
}

#[async_trait]
impl<F, Fut> ToolHandler for Closure<F>
where
    F: Fn(Value, ToolContext) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: ToolOutput> + Send,
{
    async fn execute(&self, arguments: Value, context: ToolContext) -> Result<Value, ToolError> {
        (self.0)(arguments, context).await.into_output()
    }
}
