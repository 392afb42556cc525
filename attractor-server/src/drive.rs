//! Walking a run to its end while showing it and listening for Ctrl-C.

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
                if signal.is_some() {
                    reporter.finish();
                    std::process::exit(exit.code().into());
                }
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
    let report = result.map_err(|error| Error::failure(error.to_string()).caused_by(error))?;
    Ok(Ended {
        report,
        totals,
        signal,
    })
}

fn show(item: RunUpdate, reporter: &mut dyn Reporter, totals: &mut Totals) {
    match item {
        RunUpdate::Entry(entry) => {
            totals.add(&entry);
            reporter.entry(&entry);
        }
        RunUpdate::Live { node, progress } => reporter.live(&node, &progress),
        RunUpdate::Gap { missed } => reporter.gap(missed),
        _ => {}
    }
}
