//! One call: look up, validate, execute, truncate (coding-agent-loop-spec 3.8).

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use attractor_llm::{ImageData, ToolCall};
use futures::FutureExt as _;
use tokio::time::{Instant, timeout};

use super::{OutputLimits, ToolContext, ToolOutput, ToolRegistry, truncate};
use crate::{error::Error, limits};

/// A call about to run.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) call: &'a ToolCall,
    pub(crate) registry: &'a ToolRegistry,
    pub(crate) limits: &'a OutputLimits,
    pub(crate) context: ToolContext,
}

/// What came of a call.
#[derive(Debug, Clone)]
pub(crate) struct Finished {
    /// The whole output.
    pub(crate) full: Arc<str>,
    /// What the model is shown.
    pub(crate) shown: String,
    pub(crate) is_error: bool,
    pub(crate) image: Option<ImageData>,
    pub(crate) fingerprint: String,
    pub(crate) duration: Duration,
}

impl Finished {
    /// A call that didn't run, with the reason for the model.
    pub(crate) fn refused(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self {
            full: Arc::from(reason.as_str()),
            fingerprint: reason.clone(),
            shown: reason,
            is_error: true,
            image: None,
            duration: Duration::ZERO,
        }
    }
}

impl Call<'_> {
    /// Runs it. Whatever happens, a panic or a tool that ignores its cancellation included,
    /// there is one result.
    pub(crate) async fn run(self) -> Finished {
        let started = Instant::now();
        let output = match self.execute().await {
            Ok(output) => output,
            Err(error) => ToolOutput::error(format!("Tool error ({}): {error}", self.call.name)),
        };
        let shown = self.shown(&output).await;
        Finished {
            shown,
            is_error: output.is_error,
            image: output.image,
            fingerprint: output.fingerprint.unwrap_or_else(|| output.text.clone()),
            full: output.text.into(),
            duration: started.elapsed(),
        }
    }

    async fn execute(&self) -> Result<ToolOutput, Error> {
        let call = self.call;
        if let Some(reason) = &call.invalid {
            return Err(Error::invalid_input(format!(
                "the call was not executed: {reason}. Send it again, whole, as one JSON object"
            )));
        }
        let Some(registered) = self.registry.registered(&call.name) else {
            let names: Vec<&str> = self.registry.names().collect();
            return Err(Error::invalid_input(format!(
                "Unknown tool: {}. The tools are: {}",
                call.name,
                names.join(", ")
            )));
        };
        registered.schema.check(&call.name, &call.arguments)?;
        let cancel = self.context.cancel().clone();
        let grace = self.context.cancel_grace() + limits::TOOL_END_GRACE;
        let execution = registered
            .tool
            .execute(call.arguments.clone(), &self.context);
        let execution = AssertUnwindSafe(execution).catch_unwind();
        tokio::pin!(execution);
        let ended = tokio::select! {
            ended = &mut execution => Some(ended),
            () = cancel.cancelled() => timeout(grace, execution).await.ok(),
        };
        match ended {
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(Error::new(
                crate::ErrorKind::Io,
                "the tool failed with an internal error; try another way",
            )),
            None => Err(Error::cancelled()),
        }
    }

    /// The output cut to the tool's limit, its whole in a file that the model can read.
    async fn shown(&self, output: &ToolOutput) -> String {
        let limit = self.limits.of(&self.call.name);
        if !limit.is_exceeded_by(&output.text) {
            return output.text.clone();
        }
        let file = match &output.file {
            Some(file) => Some(file.clone()),
            None => self.keep(&output.text).await,
        };
        truncate(&output.text, limit, file.as_deref())
    }

    async fn keep(&self, output: &str) -> Option<String> {
        let environment = self.context.environment();
        let directory = environment.scratch_directory().await.ok()?;
        let file = format!(
            "{directory}/{}-{:08x}.txt",
            self.call.name,
            rand::random::<u32>()
        );
        environment
            .write_file(&file, output.as_bytes())
            .await
            .ok()?;
        Some(file)
    }
}

/// The first line of a text, short enough for a line of a progress view.
pub(crate) fn summarise(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let mut chars = line.chars();
    let mut short: String = chars.by_ref().take(limits::SUMMARY_CHARS).collect();
    if chars.next().is_some() || text.trim().lines().nth(1).is_some() {
        short.push('…');
    }
    short
}
