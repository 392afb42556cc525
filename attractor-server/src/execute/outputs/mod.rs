//! What a run leaves: the files that its type asks for, and whatever it puts into `.attractor/out`.

mod collect;
mod implementation;
mod planning;
mod task;
mod tasks_schema;

use bytes::Bytes;

pub(super) use self::collect::Found;

use super::Execution;
use super::error::Failure;
use super::sha256;
use crate::domain::{ArtifactKey, BundleId, RunType};

/// What is told at the end of a run that has succeeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Results {
    pub(super) bundle: Option<BundleId>,
    pub(super) pr_url: Option<String>,
}

/// Finds, checks and stores what the run has to produce.
pub(super) async fn deliver(execution: &Execution<'_>) -> Result<Results, Failure> {
    match execution.spec.run_type {
        RunType::Planning => planning::deliver(execution).await,
        RunType::Implementation => implementation::deliver(execution).await,
        _ => task::deliver(execution).await,
    }
}

/// A file to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) key: String,
    pub(super) bytes: Vec<u8>,
}

impl Output {
    fn new(key: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            key: key.to_owned(),
            bytes: bytes.into(),
        }
    }

    /// The sum of what is stored, in hexadecimal.
    fn sha256(&self) -> String {
        sha256(&self.bytes)
    }
}

/// Stores a file as an artifact of the run.
async fn store(execution: &Execution<'_>, output: &Output) -> Result<(), Failure> {
    let limit = execution.spec.limits.artifact_bytes;
    if output.bytes.len() as u64 > limit {
        let text = format!("{} has more than {limit} bytes", output.key);
        return Err(Failure::run(text));
    }
    let key = ArtifactKey::try_from(output.key.clone())
        .map_err(|error| Failure::run(error.to_string()))?;
    let kind = content_type(key.as_str(), &output.bytes);
    let bytes = Bytes::copy_from_slice(&output.bytes);
    let sum = output.sha256();
    let api = &execution.api;
    api.put_artifact(key.as_str(), kind, &sum, bytes).await
}

/// What a file is, by its name's end and by whether it's text.
fn content_type(name: &str, bytes: &[u8]) -> &'static str {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    match end.to_ascii_lowercase().as_str() {
        "md" => "text/markdown",
        "json" => "application/json",
        "patch" | "diff" => "text/x-diff",
        "dot" | "gv" => "text/vnd.graphviz",
        "html" | "htm" => "text/html",
        "csv" => "text/csv",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "svg" => "image/svg+xml",
        "pdf" => "application/pdf",
        _ if std::str::from_utf8(bytes).is_ok() => "text/plain",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_type_comes_from_its_name_or_its_bytes() {
        assert_eq!(content_type("a/plan.MD", b""), "text/markdown");
        assert_eq!(content_type("notes", "ä".as_bytes()), "text/plain");
        assert_eq!(
            content_type("blob.bin", &[0xff]),
            "application/octet-stream"
        );
    }
}
