//! What executes a tool: a trait, and closures in its place.

use std::error::Error as StdError;
use std::fmt::{self, Debug};

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;

use super::ToolContext;
use crate::types::ImageData;

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
    /// - A panic is an error as well, whose message goes to the model.
    /// - Dropping the future cancels it; so does a timeout.
    async fn execute(
        &self,
        arguments: Value,
        context: ToolContext,
    ) -> Result<ToolContent, ToolError>;
}

/// Fails to compile if the trait stops being dyn-safe.
const _: Option<&dyn ToolHandler> = None;

/// What a tool gives to the model: text or JSON, and an image beside it where there is one.
///
/// ```
/// use attractor_llm::{ImageData, Tool, ToolContent, ToolError};
/// use serde_json::{Value, json};
///
/// let screenshot = Tool::new("screenshot", "", json!({"type": "object"}), async |_: Value, _| {
///     let png = std::fs::read("screen.png")?;
///     Ok::<_, ToolError>(ToolContent::new("1280 × 800").image(ImageData::from_bytes(png, "image/png")))
/// })?;
/// # let _ = screenshot;
/// # Ok::<(), attractor_llm::Error>(())
/// ```
///
/// Source: unified-llm-spec 3.5.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ToolContent {
    /// Text, or anything structured.
    pub content: Value,
    /// An image beside it.
    pub image: Option<ImageData>,
}

impl ToolContent {
    /// Text or JSON.
    #[must_use]
    pub fn new(content: impl Into<Value>) -> Self {
        Self {
            content: content.into(),
            image: None,
        }
    }

    /// Puts an image beside it.
    #[must_use]
    pub fn image(mut self, image: ImageData) -> Self {
        self.image = Some(image);
        self
    }
}

impl<T: Into<Value>> From<T> for ToolContent {
    fn from(content: T) -> Self {
        Self::new(content)
    }
}

/// What a closure may return: text, JSON, [`ToolContent`], or a `Result` of that or of anything
/// that can be serialised.
pub trait ToolOutput: Send {
    /// The output for the model, or why there is none.
    ///
    /// # Errors
    ///
    /// The tool's failure, or that of the serialisation.
    fn into_output(self) -> Result<ToolContent, ToolError>;
}

impl ToolOutput for Value {
    fn into_output(self) -> Result<ToolContent, ToolError> {
        Ok(self.into())
    }
}

impl ToolOutput for String {
    fn into_output(self) -> Result<ToolContent, ToolError> {
        Ok(self.into())
    }
}

impl ToolOutput for &'static str {
    fn into_output(self) -> Result<ToolContent, ToolError> {
        Ok(self.into())
    }
}

impl ToolOutput for ToolContent {
    fn into_output(self) -> Result<ToolContent, ToolError> {
        Ok(self)
    }
}

impl<E: Into<ToolError> + Send> ToolOutput for Result<ToolContent, E> {
    fn into_output(self) -> Result<ToolContent, ToolError> {
        self.map_err(Into::into)
    }
}

impl<T, E> ToolOutput for Result<T, E>
where
    T: Serialize + Send,
    E: Into<ToolError> + Send,
{
    fn into_output(self) -> Result<ToolContent, ToolError> {
        Ok(serde_json::to_value(self.map_err(Into::into)?)?.into())
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
    async fn execute(
        &self,
        arguments: Value,
        context: ToolContext,
    ) -> Result<ToolContent, ToolError> {
        (self.0)(arguments, context).await.into_output()
    }
}
