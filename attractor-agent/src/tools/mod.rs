//! The tools that come with the crate.

mod apply_patch;
mod edit_file;
mod exec_command;
mod exec_sessions;
mod glob;
mod grep;
mod list_dir;
mod read_file;
mod read_many_files;
mod shell;
mod subagent;
mod text;
#[cfg(feature = "web-fetch")]
mod web_fetch;
mod write_file;
mod write_stdin;

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

#[cfg(feature = "web-fetch")]
pub use self::web_fetch::{Fetch, FetchReply, FetchRequest, HttpFetch, WebFetchTool};
pub use self::{
    apply_patch::ApplyPatchTool, edit_file::EditFileTool, glob::GlobTool, grep::GrepTool,
    list_dir::ListDirTool, read_file::ReadFileTool, read_many_files::ReadManyFilesTool,
    shell::ShellTool, write_file::WriteFileTool,
};
pub(crate) use self::{edit_file::GeminiEditFileTool, subagent::subagent_tools};
use crate::{
    environment::ExecutionEnvironment,
    error::Error,
    tool::{Places, Tool, ToolContext},
};

/// `exec_command` and `write_stdin` with the sessions that they share.
pub(crate) fn exec_tools() -> [Arc<dyn Tool>; 2] {
    let sessions = exec_sessions::ExecSessions::default();
    [
        Arc::new(exec_command::ExecCommandTool::new(sessions.clone())),
        Arc::new(write_stdin::WriteStdinTool::new(sessions)),
    ]
}

/// A tool's arguments in its own type. The schema has been checked before, so this fails only
/// where schema and type disagree.
fn arguments<T: DeserializeOwned>(arguments: Value) -> Result<T, Error> {
    serde_json::from_value(arguments)
        .map_err(|error| Error::invalid_input(format!("invalid arguments: {error}")))
}

/// Writes a file; a call that is dropped meanwhile leaves it as it was or as it was to be, and the
/// session's next input finds it so.
async fn write_whole(context: &ToolContext, path: &str, content: Vec<u8>) -> Result<(), Error> {
    let path = path.to_owned();
    let write = async move |environment: Arc<dyn ExecutionEnvironment>| {
        environment.write_file(&path, &content).await
    };
    context.to_its_end(write).await
}

/// Whether the bytes look like something other than text: a NUL in the first few thousand, as git
/// decides it.
fn is_binary(bytes: &[u8]) -> bool {
    const LOOKED_AT: usize = 8_000;
    memchr::memchr(0, &bytes[..bytes.len().min(LOOKED_AT)]).is_some()
}

/// The path of a call, for its one-line summary.
fn path_summary(arguments: &Value) -> String {
    arguments
        .get("file_path")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// Where a search looks: the working directory unless it says.
fn search_places(arguments: &Value) -> Places {
    let path = arguments.get("path").and_then(Value::as_str);
    Places::paths([path.unwrap_or(".")])
}
