#![doc = include_str!("../README.md")]

mod env;
mod environment;
mod error;
mod limits;

pub use environment::{
    CapturedOutput, DirEntry, EnvironmentPolicy, ExecCommand, ExecResult, ExecutionEnvironment,
    LocalEnvironment, LocalEnvironmentBuilder, OutputSink, OutputStream,
};
pub use error::{Error, ErrorKind};
