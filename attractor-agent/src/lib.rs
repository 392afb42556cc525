#![doc = include_str!("../README.md")]

mod env;
mod environment;
mod error;
mod limits;
#[cfg(feature = "testing")]
pub mod testing;
mod tool;
mod tools;

pub use environment::{
    CapturedOutput, DirEntry, EnvironmentPolicy, ExecCommand, ExecResult, ExecutionEnvironment,
    LocalEnvironment, LocalEnvironmentBuilder, OutputSink, OutputStream,
};
pub use error::{Error, ErrorKind};
pub use tool::{
    OutputLimit, Tool, ToolContext, ToolOutput, ToolRegistry, TruncationMode, output_limit,
    truncate,
};
pub use tools::{EditFileTool, ReadFileTool, ShellTool, WriteFileTool};
