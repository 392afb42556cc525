//! Makes the changes of a patch: all of them, or none.

use super::steps::Step;
use crate::{environment::ExecutionEnvironment, error::Error};

/// Takes all the steps. When one fails, those before it are undone.
pub(super) async fn apply(
    environment: &dyn ExecutionEnvironment,
    steps: Vec<Step>,
) -> Result<(), Error> {
    let mut done = Vec::new();
    for step in steps {
        if let Err(error) = take(environment, &step).await {
            let left = undo(environment, done).await;
            return Err(failed(error, &left));
        }
        done.push(step);
    }
    Ok(())
}

async fn take(environment: &dyn ExecutionEnvironment, step: &Step) -> Result<(), Error> {
    match step {
        Step::Rename(from, to) => environment.rename_file(from, to).await,
        Step::Write { path, content, .. } => environment.write_file(path, content).await,
        Step::Remove(path, _) => environment.remove_file(path).await,
    }
}

/// Undoes the steps, the last one first; the files for which that failed.
async fn undo(environment: &dyn ExecutionEnvironment, done: Vec<Step>) -> Vec<String> {
    let mut left = Vec::new();
    for step in done.into_iter().rev().map(Step::undo) {
        if take(environment, &step).await.is_err() {
            left.push(step.path().to_owned());
        }
    }
    left
}

fn failed(error: Error, left: &[String]) -> Error {
    let rest = if left.is_empty() {
        "every file is as it was".to_owned()
    } else {
        format!("these could not be put back: {}", left.join(", "))
    };
    let reason = format!("the patch could not be written ({error}); {rest}");
    Error::new(error.kind(), reason).with_source(error)
}
