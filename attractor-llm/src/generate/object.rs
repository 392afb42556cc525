//! Structured output.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::extraction::{ANSWER, Extraction};
use super::options::Options;
use super::schema::{Schema, schema_of};
use super::{GenerateResult, Generation, Tool, generation, object_text};
use crate::error::{Error, ErrorKind};
use crate::types::{FinishReasonKind, Response, ResponseFormat};

/// As [`generate`](crate::generate()), for a value of the type `T`, in
/// [`output`](GenerateResult::output).
///
/// The provider enforces the schema where it can; else the model has to call a tool that takes the
/// object; else it is asked for it in the system message, for instance where it is to reason, which
/// not every model does when it has to call a tool. Either way the answer is checked, and comes as
/// the text of the response.
///
/// ```no_run
/// use attractor_llm::{JsonSchema, generate_object, schemars};
/// use serde::Deserialize;
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Person {
///     name: String,
///     age: u32,
/// }
///
/// # async fn example() -> Result<(), attractor_llm::Error> {
/// let result = generate_object::<Person>("claude-opus-5-5").prompt("Alice is 30.").await?;
/// assert_eq!((result.output.name.as_str(), result.output.age), ("Alice", 30));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`ErrorKind::NoObjectGenerated`] with the response when the answer isn't JSON or doesn't fit;
/// else as [`generate`](crate::generate()).
///
/// Source: unified-llm-spec 4.5.
pub fn generate_object<T>(model: impl Into<String>) -> Generation<Object<T>>
where
    T: DeserializeOwned + JsonSchema,
{
    Generation::new(model, Object::new(schema_of::<T>()))
}

/// As [`generate_object`], for JSON that fits any schema.
///
/// ```no_run
/// # async fn example() -> Result<(), attractor_llm::Error> {
/// use attractor_llm::generate_object_with_schema;
/// use serde_json::json;
///
/// let schema = json!({"type": "object", "properties": {"age": {"type": "integer"}}});
/// let result = generate_object_with_schema("claude-opus-5-5", schema)
///     .prompt("Alice is 30.")
///     .await?;
/// println!("{}", result.output["age"]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As [`generate_object`]; also [`ErrorKind::InvalidRequest`] when `schema` isn't one.
///
/// Source: unified-llm-spec 4.5.
pub fn generate_object_with_schema(
    model: impl Into<String>,
    schema: Value,
) -> Generation<Object<Value>> {
    Generation::new(model, Object::new(schema))
}

/// Awaiting gives a [`GenerateResult`] with a `T`.
pub struct Object<T> {
    schema: Value,
    output: PhantomData<fn() -> T>,
}

impl<T> Object<T> {
    fn new(schema: Value) -> Self {
        Self {
            schema,
            output: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Object<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Object").field(&self.schema).finish()
    }
}

impl<T: DeserializeOwned + Send + 'static> IntoFuture for Generation<Object<T>> {
    type Output = Result<GenerateResult<T>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut options = self.options;
            let wanted = Wanted::ask(&mut options, self.mode.schema)?;
            let result = generation::run(options).await?;
            wanted.found(result)
        })
    }
}

/// The object that was asked for.
#[derive(Debug)]
pub(super) struct Wanted(Schema);

impl Wanted {
    /// Asks for it: natively where the model can, else by a tool, else in the system message.
    pub(super) fn ask(options: &mut Options, schema: Value) -> Result<Self, Error> {
        let compiled = Schema::compile(&schema)?;
        match Way::of(options, &schema)? {
            Way::Native => {
                options.request.response_format = Some(ResponseFormat::json_schema(schema));
            }
            Way::Tool(extraction) => options.extraction = Some(extraction),
            Way::Words => {
                let system = options.system.take().map(|system| system + "\n\n");
                options.system = Some(system.unwrap_or_default() + &instructions(&schema));
            }
        }
        Ok(Self(compiled))
    }

    /// The result with it.
    pub(super) fn found<T: DeserializeOwned>(
        &self,
        result: GenerateResult,
    ) -> Result<GenerateResult<T>, Error> {
        match self.find(&result.response) {
            Ok(output) => Ok(result.with_output(output)),
            Err(error) => Err(error.with_steps(result.steps)),
        }
    }

    /// Finds it in the final response.
    fn find<T: DeserializeOwned>(&self, response: &Response) -> Result<T, Error> {
        let failed = |why: String| {
            let why = match response.finish_reason.reason {
                FinishReasonKind::Stop => why,
                other => format!("{why} (finish reason: {other})"),
            };
            Error::new(ErrorKind::NoObjectGenerated, why)
                .with_provider(&response.provider)
                .with_partial_response(response.clone())
        };
        let value = object_text::parse(&response.text())
            .map_err(|error| failed(format!("the answer isn't JSON: {error}")))?;
        self.0
            .check(&value)
            .map_err(|problems| failed(format!("the answer doesn't fit the schema: {problems}")))?;
        serde_json::from_value(value)
            .map_err(|error| failed(format!("the answer doesn't fit the type: {error}")))
    }
}

/// How an object is asked for.
enum Way {
    /// By the schema itself.
    Native,
    /// As the arguments of a tool.
    Tool(Extraction),
    /// In the system message.
    Words,
}

impl Way {
    fn of(options: &Options, schema: &Value) -> Result<Self, Error> {
        let request = &options.request;
        let client = options.client()?;
        let Some(able) = client.capabilities_for(request.provider.as_deref(), &request.model)
        else {
            return Ok(Self::Native);
        };
        let has_tools = !options.tools.is_empty();
        if able.structured_output && (able.structured_output_with_tools || !has_tools) {
            return Ok(Self::Native);
        }
        let is_free = |tool: &Tool| tool.definition().name != ANSWER;
        // Not every model can reason when it has to call a tool.
        let may_force = request.tool_choice.is_none() && request.reasoning_effort.is_none();
        let can_force = able.tools
            && able.tool_choice_named
            && (able.tool_choice_required || !has_tools)
            && options.tools.iter().all(is_free);
        let extraction = Extraction::new(schema).ok();
        Ok(match extraction.filter(|_| may_force && can_force) {
            Some(extraction) => Self::Tool(extraction),
            None => Self::Words,
        })
    }
}

fn instructions(schema: &Value) -> String {
    format!(
        "Answer with one JSON value and nothing else: no prose, no code fence. It must fit this \
         JSON Schema:\n{schema}"
    )
}
