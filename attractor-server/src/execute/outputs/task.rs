//! A task run: artifacts, and nothing else.

use super::{Output, Results, store};
use crate::execute::Execution;
use crate::execute::error::Failure;

/// What the last answer is stored as, unless the run has written such a file itself.
const REPORT: &str = "task-report.md";

pub(super) async fn deliver(execution: &Execution<'_>) -> Result<Results, Failure> {
    let found = execution.found();
    let mut outputs = found.others(&[])?;
    if !outputs.iter().any(|output| output.key == REPORT)
        && let Some(answer) = found.last_answer()?
    {
        let answer = execution.scrubber.text(&answer).into_owned();
        outputs.push(Output::new(REPORT, answer));
    }
    if outputs.is_empty() {
        let text = "the task run has left nothing: no stage wrote a file into .attractor/out, and no model has answered";
        return Err(Failure::run(text));
    }
    for output in &outputs {
        store(execution, output).await?;
    }
    Ok(Results::default())
}
