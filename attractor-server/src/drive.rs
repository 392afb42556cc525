//! Walking a run to its end while showing it and listening for Ctrl-C.

use std::path::Path;

use attractor_core::RunDirectory;
use attractor_core::engine::{EngineRun, RunReport, RunUpdate};
use futures::StreamExt as _;

use crate::Error;
use crate::exit::Exit;
use crate::progress::{Reporter, Totals};
use crate::signals::Signals;

/// How a run ended, for the summary and the exit code.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) report: RunReport,
    /// Of the whole run, also of what earlier processes did.
    pub(crate) totals: Totals,
    /// The signal that stopped it, if one did.
    pub(crate) signal: Option<Exit>,
}

/// Executes the run. A first signal asks it to stop, a second one ends the process at once.
pub(crate) async fn to_the_end(
    run: EngineRun,
    reporter: &mut dyn Reporter,
) -> Result<Ended, Error> {
    let handle = run.handle();
    let mut events = handle.events();
    let mut signals = Signals::listen();
    let mut totals = Totals::default();
    let mut signal = None;
    let mut execution = std::pin::pin!(run.execute());
    let result = loop {
        tokio::select! {
            biased;
            Some(item) = events.next() => show(item, reporter, &mut totals),
            exit = signals.next() => {
                reporter.notice("stopping… (once more to quit at once)");
                signal = Some(exit);
                handle.cancel();
            }
            result = &mut execution => break result,
        }
    };
    while let Some(item) = events.next().await {
        show(item, reporter, &mut totals);
    }
    reporter.finish();
    let report = result.map_err(|error| broke_off(error, handle.run_dir()))?;
    Ok(Ended {
        totals: handle.run_dir().and_then(whole).unwrap_or(totals),
        report,
        signal,
    })
}

/// What the whole run has done: earlier processes too, and what a slow terminal has missed.
fn whole(run_dir: &Path) -> Option<Totals> {
    let mut reader = RunDirectory::open(run_dir).ok()?.reader();
    let mut totals = Totals::default();
    while let Some(entry) = reader.read().ok()? {
        totals.add(&entry);
    }
    Some(totals)
}

fn show(item: RunUpdate, reporter: &mut dyn Reporter, totals: &mut Totals) {
    match item {
        RunUpdate::Entry(entry) => {
            totals.add(&entry);
            reporter.entry(&entry);
        }
        RunUpdate::Live {
            branch,
            node,
            progress,
        } => reporter.live(branch.as_ref(), &node, &progress),
        RunUpdate::Gap { missed } => reporter.gap(missed),
        _ => {}
    }
}

/// The run's record couldn't be kept; what is in it holds.
fn broke_off(error: attractor_core::Error, run_dir: Option<&Path>) -> Error {
    let failure = Error::failure(error.to_string()).caused_by(error);
    match run_dir.filter(|directory| directory.join("manifest.json").exists()) {
        Some(directory) => failure.hint(format!(
            "once that is repaired, `attractor resume {}` goes on",
            directory.display()
        )),
        None => failure.hint("the run directory is gone, and with it the run; start a new one"),
    }
}
