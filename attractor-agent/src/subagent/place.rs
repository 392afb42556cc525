//! Where a subagent starts from.

use std::sync::Arc;

use crate::{
    environment::ExecutionEnvironment,
    error::{Error, ErrorKind},
};

/// The parent's environment, or the same one with a subdirectory to start from.
///
/// # Errors
/// `InvalidInput` for a directory outside, or where the environment can't move; `NotFound` for one
/// that is missing.
pub(super) async fn environment(
    parent: &Arc<dyn ExecutionEnvironment>,
    directory: Option<&str>,
) -> Result<Arc<dyn ExecutionEnvironment>, Error> {
    let Some(directory) = directory.map(str::trim).filter(|path| !path.is_empty()) else {
        return Ok(Arc::clone(parent));
    };
    let root = parent.canonical_path(".").await?;
    let path = parent.canonical_path(directory).await?;
    if path == root {
        return Ok(Arc::clone(parent));
    }
    if !lies_in(&path, &root) {
        return Err(Error::invalid_input(format!(
            "working_dir {directory:?} is not below your own working directory {root}"
        )));
    }
    parent.in_directory(&path)?.ok_or_else(|| {
        let text = "this environment has one working directory only: leave working_dir out and \
                    name the directory in the task";
        Error::new(ErrorKind::InvalidInput, text)
    })
}

/// Whether the path is below the root.
fn lies_in(path: &str, root: &str) -> bool {
    path.strip_prefix(root.trim_end_matches('/'))
        .is_some_and(|rest| rest.starts_with('/'))
}
