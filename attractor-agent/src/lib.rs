#![doc = include_str!("../README.md")]

mod env;
mod environment;
mod error;
mod event;
mod limits;
#[cfg(feature = "pipeline")]
mod pipeline;
mod profile;
mod prompt;
mod session;
mod subagent;
#[cfg(feature = "testing")]
pub mod testing;
mod tool;
mod tools;
mod whole_work;

pub use async_trait::async_trait;
pub use bytes::Bytes;
pub use environment::{
    CapturedOutput, CommandExecution, DirEntry, EnvironmentPolicy, ExecCommand, ExecResult,
    ExecutionEnvironment, FileOperations, GlobResult, GrepFile, GrepLine, GrepOptions, GrepOutput,
    GrepResult, LocalEnvironment, LocalEnvironmentBuilder, LogEntry, LogOutcome,
    LoggingEnvironment, OutputSink, OutputStream, ReadOnlyEnvironment, RunningCommand,
    ScopedEnvironment, SearchOperations, SearchStop, lexical_path,
};
pub use error::{Error, ErrorKind};
pub use event::{EventKind, LimitKind, SessionEvent, SessionEvents};
#[cfg(feature = "pipeline")]
pub use pipeline::{AgentBackend, AgentBackendBuilder};
pub use profile::{
    AnthropicProfile, CompatibleProfile, GeminiProfile, OpenAiProfile, ProviderProfile, profile_for,
};
pub use prompt::PromptLayers;
pub use session::{
    AssistantTurn, Budget, BudgetLimits, Session, SessionConfig, SessionGuard, SessionHandle,
    SessionState, Spent, StopReason, Submission, Turn, check_extends, check_history,
};
pub use subagent::{
    SubAgentHandle, SubAgentResult, SubAgentStatus, SubagentLimits, SubagentTools, ToolText,
};
pub use tool::{
    Access, OutputLimit, Places, Tool, ToolContext, ToolOutput, ToolRegistry, TruncationMode,
    output_limit, truncate,
};
pub use tools::{
    ApplyPatchTool, EditFileTool, GlobTool, GrepTool, ListDirTool, ReadFileTool, ReadManyFilesTool,
    ShellTool, WriteFileTool,
};
#[cfg(feature = "web-fetch")]
pub use tools::{Fetch, FetchReply, FetchRequest, HttpFetch, WebFetchTool};
