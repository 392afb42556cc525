//! Structured output as it comes.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;

use futures::StreamExt as _;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::object::Wanted;
use super::schema::schema_of;
use super::{GenerateResult, Generation, PartialJson, StreamResult, stream_steps};
use crate::error::Error;
use crate::types::StreamEvent;

/// As [`generate_object`](crate::generate_object), with the object as it grows.
///
/// ```no_run
/// # #[derive(serde::Deserialize, schemars::JsonSchema)]
/// # struct Recipes { recipes: Vec<String> }
/// # use attractor_llm::schemars;
/// # async fn example() -> Result<(), attractor_llm::Error> {
/// let mut object = attractor_llm::stream_object::<Recipes>("claude-opus-5-5")
///     .prompt("Five recipes with lentils.")
///     .await?;
/// while let Some(partial) = object.next().await {
///     println!("{} so far", partial?["recipes"].as_array().map_or(0, Vec::len));
/// }
/// let recipes: Recipes = object.object().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As [`generate_object`](crate::generate_object).
///
/// Source: unified-llm-spec 4.6.
pub fn stream_object<T>(model: impl Into<String>) -> Generation<ObjectStream<T>>
where
    T: DeserializeOwned + JsonSchema,
{
    Generation::new(model, ObjectStream::new(schema_of::<T>()))
}

/// As [`stream_object`], for JSON that fits any schema.
///
/// # Errors
///
/// As [`generate_object_with_schema`](crate::generate_object_with_schema).
///
/// Source: unified-llm-spec 4.6.
pub fn stream_object_with_schema(
    model: impl Into<String>,
    schema: Value,
) -> Generation<ObjectStream<Value>> {
    Generation::new(model, ObjectStream::new(schema))
}

/// Awaiting gives a [`StreamObjectResult`].
pub struct ObjectStream<T> {
    schema: Value,
    output: PhantomData<fn() -> T>,
}

impl<T> ObjectStream<T> {
    fn new(schema: Value) -> Self {
        Self {
            schema,
            output: PhantomData,
        }
    }
}

impl<T> fmt::Debug for ObjectStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ObjectStream").field(&self.schema).finish()
    }
}

impl<T: DeserializeOwned + 'static> IntoFuture for Generation<ObjectStream<T>> {
    type Output = Result<StreamObjectResult<T>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut options = self.options;
            let wanted = Wanted::ask(&mut options, self.mode.schema)?;
            let emissions = stream_steps::begin(options).await?;
            Ok(StreamObjectResult {
                stream: StreamResult::new(emissions),
                partial: PartialJson::new(),
                wanted,
                output: PhantomData,
            })
        })
    }
}

/// An object that grows as its text comes. Dropping it cancels the call.
///
/// Source: unified-llm-spec 4.6.
#[derive(Debug)]
pub struct StreamObjectResult<T> {
    stream: StreamResult,
    partial: PartialJson,
    wanted: Wanted,
    output: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> StreamObjectResult<T> {
    /// Waits until the object has grown; `None` when the answer is over.
    ///
    /// The value is lent, so that a long answer costs no more for each of its pieces than a short
    /// one. It isn't checked against the schema yet.
    pub async fn next(&mut self) -> Option<Result<&Value, Error>> {
        loop {
            match self.stream.next().await? {
                Ok(StreamEvent::TextDelta { delta, .. }) if self.partial.push(&delta) => break,
                // What came before may have been prose with a bracket in it.
                Ok(StreamEvent::TextStart { .. }) if self.partial.is_broken() => {
                    self.partial = PartialJson::new();
                }
                Ok(StreamEvent::StepFinish { .. }) => self.partial = PartialJson::new(),
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
        Some(Ok(self.partial.value()))
    }

    /// What has arrived of the object; null before its first bracket.
    #[must_use]
    pub fn partial(&self) -> &Value {
        self.partial.value()
    }

    /// The complete, checked object; reads what is left of the stream.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoObjectGenerated`](crate::ErrorKind::NoObjectGenerated) when the answer isn't
    /// JSON or doesn't fit; else what the stream ends with.
    pub async fn object(self) -> Result<T, Error> {
        self.result().await.map(|result| result.output)
    }

    /// The result with the complete, checked object; reads what is left of the stream.
    ///
    /// # Errors
    ///
    /// As [`object`](Self::object).
    pub async fn result(self) -> Result<GenerateResult<T>, Error> {
        let result = self.stream.result().await?;
        self.wanted.found(result)
    }
}
