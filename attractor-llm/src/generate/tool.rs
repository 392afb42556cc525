use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::schema::{Schema, schema_of};
use super::tool_handler::Closure;
use super::{ToolContent, ToolContext, ToolError, ToolHandler, ToolOutput};
use crate::error::Error;
use crate::types::ToolDefinition;

/// A tool for [`generate`](crate::generate()) and its siblings: active with a handler, which is
/// executed when the model calls it, or passive without, whose calls go back to the caller.
///
/// ```
/// use attractor_llm::{JsonSchema, Tool, schemars};
/// use serde::Deserialize;
///
/// #[derive(Deserialize, JsonSchema)]
/// #[schemars(crate = "schemars")]
/// struct Place {
///     /// City, then country.
///     city: String,
/// }
///
/// let weather = Tool::typed("get_weather", "The weather", async |place: Place, _| {
///     format!("12 °C and rain in {}", place.city)
/// })?;
/// assert_eq!(weather.definition().parameters["required"][0], "city");
/// # Ok::<(), attractor_llm::Error>(())
/// ```
///
/// Source: unified-llm-spec 5.1, 5.2 and 5.5.
#[derive(Clone, Debug)]
pub struct Tool {
    definition: ToolDefinition,
    handler: Option<Arc<dyn ToolHandler>>,
    schema: Arc<Schema>,
    timeout: Option<Duration>,
}

impl Tool {
    /// An active tool; `execute` gets arguments that fit `parameters`, a JSON Schema.
    ///
    /// It returns text, JSON, or a `Result` of anything serialisable; an error goes to the model.
    ///
    /// ```
    /// use attractor_llm::{Tool, ToolError};
    /// use serde_json::{Value, json};
    ///
    /// let schema = json!({"type": "object", "properties": {"path": {"type": "string"}}});
    /// let read = Tool::new("read", "Reads a file", schema, async |arguments: Value, _| {
    ///     let path = arguments["path"].as_str().ok_or("path is missing")?;
    ///     Ok::<_, ToolError>(std::fs::read_to_string(path)?)
    /// })?;
    /// # let _ = read;
    /// # Ok::<(), attractor_llm::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) when the name or the schema
    /// isn't one.
    pub fn new<F, Fut>(
        name: impl Into<String>,
        description: impl Into<String>,
        parameters: Value,
        execute: F,
    ) -> Result<Self, Error>
    where
        F: Fn(Value, ToolContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: ToolOutput> + Send + 'static,
    {
        let definition = ToolDefinition::new(name, description, parameters)?;
        Self::with_handler(definition, Closure(execute))
    }

    /// An active tool whose arguments are a type; the schema is that of the type.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) when the name isn't one or
    /// the type isn't an object in JSON.
    pub fn typed<A, F, Fut>(
        name: impl Into<String>,
        description: impl Into<String>,
        execute: F,
    ) -> Result<Self, Error>
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(A, ToolContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: ToolOutput> + Send + 'static,
    {
        let execute = move |arguments: Value, context: ToolContext| {
            let call = serde_json::from_value(arguments).map(|typed| execute(typed, context));
            async move { call?.await.into_output() }
        };
        Self::new(name, description, schema_of::<A>(), execute)
    }

    /// An active tool that a [`ToolHandler`] executes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) when the schema isn't one.
    pub fn with_handler(
        definition: ToolDefinition,
        handler: impl ToolHandler,
    ) -> Result<Self, Error> {
        Ok(Self {
            handler: Some(Arc::new(handler)),
            ..Self::passive(definition)?
        })
    }

    /// A tool that the caller executes: its calls end the loop and come back in the result.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) when the schema isn't one.
    pub fn passive(definition: ToolDefinition) -> Result<Self, Error> {
        Ok(Self {
            schema: Arc::new(Schema::compile(&definition.parameters)?),
            definition,
            handler: None,
            timeout: None,
        })
    }

    /// Sets how long one execution may take, in place of
    /// [`TimeoutConfig::per_tool`](super::TimeoutConfig::per_tool); the model is told when it took
    /// longer.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// What the model is told of it.
    #[must_use]
    pub fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    /// Whether it is executed when the model calls it.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.handler.is_some()
    }

    /// What is wrong with arguments, in words for the model.
    pub(super) fn check(&self, arguments: &Value) -> Result<(), String> {
        self.schema
            .check(arguments)
            .map_err(|problems| format!("the arguments don't fit the tool's schema: {problems}"))
    }

    /// Executes it; `None` for a passive tool. A panic and a timeout are failures like others.
    pub(super) async fn execute(
        &self,
        arguments: Value,
        context: ToolContext,
        timeout: Option<Duration>,
    ) -> Option<Result<ToolContent, ToolError>> {
        let handler = self.handler.as_ref()?;
        let cancellation = context.cancellation().clone();
        // What the handler shares with others it shares under the rules of `Sync`.
        let execution = AssertUnwindSafe(handler.execute(arguments, context)).catch_unwind();
        let outcome = match self.timeout.or(timeout) {
            None => execution.await,
            Some(limit) => match tokio::time::timeout(limit, execution).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    cancellation.cancel();
                    Ok(Err(format!("the tool took longer than {limit:?}").into()))
                }
            },
        };
        Some(outcome.unwrap_or_else(|panic| Err(panicked(&*panic).into())))
    }
}

fn panicked(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    match text {
        Some(text) => format!("the tool panicked: {text}"),
        None => "the tool panicked".to_owned(),
    }
}
