//! `attractor resume RUN_DIR`.

use std::path::PathBuf;

use attractor_core::LimitReached;
use attractor_core::engine::ResumeOptions;
use attractor_core::journal::RunDirectory;
use attractor_core::run::Ending;
use clap::Args;

use super::{ControlArgs, OutputArgs, run};
use crate::exit::Exit;
use crate::settings::Settings;
use crate::{Error, compose, console, place, report, summary};

/// Continue a run that was interrupted or failed, without redoing what succeeded.
#[derive(Args, Debug)]
pub(super) struct ResumeArgs {
    /// The run's directory, or the id of a run in the default place.
    run_dir: PathBuf,
    /// Work in this directory, if the run's own has moved.
    #[arg(long, value_name = "DIR")]
    workdir: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    control: ControlArgs,
}

pub(super) fn execute(args: ResumeArgs) -> Exit {
    let json = args.output.json;
    report::or_show(json, resume(args))
}

fn resume(args: ResumeArgs) -> Result<Exit, Error> {
    let run_dir = place::existing_run_dir(&args.run_dir)?;
    let unreadable = |error: attractor_core::Error| {
        Error::misuse(error.to_string())
            .hint("a run directory that lost a file can't be resumed; start a new run")
            .caused_by(error)
    };
    let directory = RunDirectory::open(&run_dir).map_err(unreadable)?;
    let manifest = directory.manifest().map_err(unreadable)?;
    let text = directory.source().map_err(unreadable)?;
    let entries = directory.entries().map_err(unreadable)?;
    drop(directory);
    let mut settings = Settings::from_host(&manifest.host)?;
    settings.auto_approve |= args.control.auto_approve;
    settings.allow_hosts(args.control.allowed_hosts);
    let workdir = PathBuf::from(&manifest.workdir);
    settings.workdir = place::workdir(Some(args.workdir.as_ref().unwrap_or(&workdir)))?;
    let prepared = compose::checker().prepare_stored(&manifest, &text);
    let pipeline = run::shown(prepared, &run_dir.join("pipeline.dot"), &text, true)?;
    let (reporter, screen) = crate::progress::reporter(args.output.json);
    let terminal = || compose::interviewer(&settings, screen);
    let interviewer = args.control.answers.interviewer(terminal, &entries)?;
    let engine = compose::engine(&settings, &pipeline, None, interviewer)?;
    let options = ResumeOptions::new()
        .workdir(&settings.workdir)
        .limits(args.control.budget.limits());
    report::block_on(async {
        let run = engine
            .resume(&run_dir, options)
            .await
            .map_err(cannot_resume)?;
        if run.state().ending() == Some(&Ending::Success) && !args.output.json {
            let shown = run_dir.display();
            console::out(format!(
                "the run in {shown} has succeeded already: nothing is left to do"
            ));
            return Ok(Exit::Success);
        }
        report::carry_out(run, &settings, reporter, args.output.json).await
    })
}

fn cannot_resume(error: attractor_core::Error) -> Error {
    if let Some(reached) = LimitReached::of(&error) {
        let hint = format!("raise it, for example with {}", summary::raise(&reached));
        return Error::misuse(error.to_string()).hint(hint).caused_by(error);
    }
    let hint = match error.kind() {
        attractor_core::ErrorKind::Locked => "wait until that process has ended, or stop it",
        attractor_core::ErrorKind::Io => "the run directory must be writable to go on",
        attractor_core::ErrorKind::Damaged => {
            "the record of the run isn't what attractor wrote; start a new run"
        }
        _ => "`attractor resume --help` lists what can be set",
    };
    Error::misuse(error.to_string()).hint(hint).caused_by(error)
}
