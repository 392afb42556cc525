//! From a started run to an exit code: the part that `run`, `resume` and `demo` share.

use std::future::Future;

use attractor_core::engine::EngineRun;
use serde_json::json;

use crate::exit::Exit;
use crate::progress::Reporter;
use crate::settings::Settings;
use crate::{Error, console, drive, summary};

/// Runs a future to its end on a runtime of its own.
///
/// A question that still waits for a line of standard input doesn't keep the process alive.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failure(format!("can't start the runtime: {error}")))?;
    let result = runtime.block_on(future);
    runtime.shutdown_background();
    result
}

/// Executes the run while showing it, and says at its end how it went.
pub(crate) async fn carry_out(
    run: EngineRun,
    settings: &Settings,
    mut reporter: Box<dyn Reporter + Send>,
    json: bool,
) -> Result<Exit, Error> {
    let run_dir = run
        .handle()
        .run_dir()
        .map(std::path::Path::to_owned)
        .unwrap_or_default();
    let ended = drive::to_the_end(run, reporter.as_mut()).await?;
    if !json {
        summary::show(&ended, settings, &run_dir);
    }
    Ok(summary::exit(&ended))
}

/// The exit code of a command, after its error was shown.
pub(crate) fn or_show(json: bool, result: Result<Exit, Error>) -> Exit {
    match result {
        Ok(exit) => exit,
        Err(error) if json => {
            let mut line = json!({
                "event": "error",
                "message": error.to_string(),
                "hint": error.advice(),
            });
            if !error.diagnostics().is_empty() {
                line["diagnostics"] = error.diagnostics().into();
            }
            if let Some(answer) = error.answer() {
                line["server"] = answer.clone();
            }
            console::out(line.to_string());
            error.exit()
        }
        Err(error) => {
            console::show_error(&error);
            error.exit()
        }
    }
}
