//! Where a subagent starts from.

use std::sync::Arc;

use crate::{
    environment::{ExecutionEnvironment, ScopedEnvironment, is_within},
    error::Error,
};

/// The parent's environment, or the same one with a subdirectory to start from; confined to it
/// where the environment can't move.
///
/// # Errors
/// `InvalidInput` for a directory outside, `NotFound` for one that is missing.
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
    if !is_within(&path, &root) {
        return Err(Error::invalid_input(format!(
            "working_dir {directory:?} is not below your own working directory {root}"
        )));
    }
    if let Some(there) = parent.in_directory(&path)? {
        return Ok(there);
    }
    let there = ScopedEnvironment::new(Arc::clone(parent), &path).await?;
    Ok(Arc::new(there.allow_commands()))
}
