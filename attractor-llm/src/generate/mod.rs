//! The calls that do it all: prompt, tools, retries, timeouts, structured output.
//!
//! [`generate`] waits for the answer, [`stream`] gives it as it comes, [`generate_object`] and
//! [`stream_object`] give a value that fits a schema. All four are one builder, [`Generation`],
//! and one tool loop.
//!
//! Source: unified-llm-spec 4.3 to 4.7 and 5.

mod approval;
mod extraction;
mod generation;
mod guard;
mod object;
mod object_text;
mod options;
mod overflow;
mod partial_json;
mod result;
mod schema;
mod schema_shape;
mod stop;
mod stream;
mod stream_object;
mod stream_steps;
mod timeout;
mod tool;
mod tool_calls;
mod tool_context;
mod tool_handler;
mod tool_loop;

pub use self::approval::Approval;
pub use self::generation::{Generation, Text, generate};
pub use self::object::{Object, generate_object, generate_object_with_schema};
pub use self::partial_json::PartialJson;
pub use self::result::{GenerateResult, StepResult};
pub use self::stop::StopCondition;
pub use self::stream::{StreamResult, StreamedText, TextStream, stream};
pub use self::stream_object::{
    ObjectStream, StreamObjectResult, stream_object, stream_object_with_schema,
};
pub use self::timeout::TimeoutConfig;
pub use self::tool::Tool;
pub use self::tool_context::ToolContext;
pub use self::tool_handler::{ToolContent, ToolError, ToolHandler, ToolOutput};
