//! Executes a run while its journal is told and its runner listens for reasons to stop.

use std::future::pending;
use std::path::Path;
use std::sync::Arc;

use attractor_core::engine::{EngineRun, RunReport, RunStatus};
use attractor_core::journal::RunDirectory;
use attractor_core::run::Ending;
use attractor_core::{Error, JournalEntry};
use tokio::sync::Notify;

use super::api::Api;
use super::error::Failure;
use super::events::{Live, Teller, gather_live};
use super::stop::Stop;
use crate::domain::RunId;
use crate::secrets::Scrubber;

/// Executes the run to its end; one that has come to it already is told only.
pub(super) async fn drive(
    run: EngineRun,
    stop: &Stop,
    told: (&Arc<Api>, &RunId),
    scrubber: &Scrubber,
    after: i64,
) -> Result<(), Failure> {
    let handle = run.handle();
    let directory = handle.run_dir().unwrap_or(Path::new("."));
    let directory = RunDirectory::open(directory).map_err(broken)?;
    let live = Arc::new(Live::default());
    let told = (told.0.as_ref(), told.1);
    let mut teller = Teller::new(told, &directory, scrubber, Arc::clone(&live), after)?;
    if run.state().ending() == Some(&Ending::Success) {
        return teller.all().await;
    }
    let ended = Notify::new();
    let executed = async {
        let report = run.execute().await;
        ended.notify_one();
        report
    };
    let telling = async {
        let told = teller.follow(&ended).await;
        if let Err(failure) = &told {
            // What nobody hears of isn't to go on.
            handle.interrupt(failure.to_string());
        }
        told
    };
    let work = async { tokio::join!(executed, telling, gather_live(&handle, &live, scrubber)) };
    let stopping = async {
        handle.interrupt(stop.said().await.reason());
        pending().await
    };
    let (report, told, ()) = tokio::select! {
        done = work => done,
        never = stopping => never,
    };
    told?;
    judge(report.map_err(broken)?)
}

/// Whether the run has come to its end.
fn judge(report: RunReport) -> Result<(), Failure> {
    let reason = report
        .reason
        .unwrap_or_else(|| "no reason given".to_owned());
    match report.status {
        RunStatus::Success => Ok(()),
        RunStatus::Fail => Err(Failure::Run(reason)),
        RunStatus::Cancelled => Err(Failure::Stopped),
        RunStatus::Paused => Err(Failure::Paused(reason)),
    }
}

/// All entries of a run's journal.
pub(super) fn entries(run_dir: &Path) -> Result<Vec<JournalEntry>, Failure> {
    RunDirectory::open(run_dir)
        .and_then(|directory| directory.entries())
        .map_err(broken)
}

fn broken(error: Error) -> Failure {
    Failure::engine("the run's record", &error)
}
