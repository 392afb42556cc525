//! `attractor run PIPELINE.dot`.

use std::path::{Path, PathBuf};

use attractor_core::engine::{Pipeline, PrepareError, RunOptions};
use clap::Args;
use serde_json::Value;

use super::value::{parse_model, parse_param};
use super::{ControlArgs, OutputArgs};
use crate::exit::Exit;
use crate::settings::Settings;
use crate::{Error, ErrorKind, compose, console, diagnostics, place, report, source, workspace};

/// Run a pipeline: parse, transform, validate, walk the graph.
#[derive(Args, Debug)]
pub(super) struct RunArgs {
    /// The pipeline; `-` is standard input.
    pipeline: PathBuf,
    /// The model of nodes that name none.
    #[arg(long, value_name = "PROVIDER/MODEL", value_parser = parse_model)]
    model: Option<String>,
    /// The run directory [default: ~/.local/state/attractor/runs/ID].
    #[arg(long, value_name = "DIR")]
    logs: Option<PathBuf>,
    /// Work in this directory instead of the present one.
    #[arg(long, value_name = "DIR")]
    workdir: Option<PathBuf>,
    /// Commit the files after each node on a branch of the run's own, attractor/run/ID.
    #[arg(long)]
    git: bool,
    /// Call no model: agent nodes answer with a line that says so.
    #[arg(long)]
    simulate: bool,
    /// Put a value into the run's context; may be repeated.
    #[arg(long = "param", value_name = "KEY=VALUE", value_parser = parse_param)]
    params: Vec<(String, Value)>,
    /// The seed of the jitter between retries.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    control: ControlArgs,
}

pub(super) fn execute(args: RunArgs) -> Exit {
    let json = args.output.json;
    report::or_show(json, run(args))
}

fn run(args: RunArgs) -> Result<Exit, Error> {
    let text = source::read(&args.pipeline)?;
    let pipeline = prepare(&args.pipeline, &text, args.output.json)?;
    let workdir = place::workdir(args.workdir.as_deref())?;
    let settings = Settings {
        pipeline: args.pipeline,
        before: workspace::snapshot(&workdir),
        workdir,
        model: args.model,
        simulate: args.simulate,
        auto_approve: args.control.auto_approve,
        allowed_hosts: args.control.allowed_hosts,
    };
    let (reporter, screen) = crate::progress::reporter(args.output.json);
    let terminal = || compose::interviewer(&settings, screen);
    let interviewer = args.control.answers.interviewer(terminal, &[])?;
    let engine = compose::engine(&settings, &pipeline, None, interviewer)?;
    let run_id = place::new_run_id();
    let run_dir = place::new_run_dir(args.logs.as_deref(), &run_id)?;
    let mut options = RunOptions::new(&run_dir)
        .run_id(run_id)
        .workdir(&settings.workdir)
        .limits(args.control.budget.limits())
        .git(args.git)
        .metadata(settings.to_host());
    for (key, value) in args.params {
        options = options.param(key, value);
    }
    if let Some(seed) = args.seed {
        options = options.seed(seed);
    }
    report::block_on(async {
        let started = engine.start(&pipeline, options).await;
        let run = started.map_err(|error| match error.kind() {
            attractor_core::ErrorKind::InvalidInput if args.git => {
                let hint = "leave --git out, or name the repository with --workdir DIR";
                Error::misuse(error.to_string()).hint(hint).caused_by(error)
            }
            _ => cannot_start(error),
        })?;
        report::carry_out(run, &settings, reporter, args.output.json).await
    })
}

/// Parses, transforms and validates the text of a file, and shows what was found.
pub(super) fn prepare(path: &Path, text: &str, json: bool) -> Result<Pipeline, Error> {
    shown(compose::checker().prepare_at(text, path), path, text, json)
}

/// What was prepared, after what was found is shown.
pub(super) fn shown(
    prepared: Result<Pipeline, PrepareError>,
    path: &Path,
    text: &str,
    json: bool,
) -> Result<Pipeline, Error> {
    match prepared {
        Ok(pipeline) => {
            if !json && !pipeline.diagnostics().is_empty() {
                console::err(diagnostics::render(path, text, pipeline.diagnostics()).trim_end());
                console::err("");
            }
            Ok(pipeline)
        }
        Err(error) => {
            let found = &error.diagnostics;
            if !json {
                console::err(diagnostics::render(path, text, found).trim_end());
                console::err("");
            }
            let count = diagnostics::count(found);
            Err(Error::new(
                ErrorKind::Misuse,
                format!("{} is invalid: {count}", path.display()),
            )
            .hint("nothing was run; `attractor validate` checks it again")
            .diagnosed(diagnostics::to_json(text, found)))
        }
    }
}

pub(super) fn cannot_start(error: attractor_core::Error) -> Error {
    let hint = match error.kind() {
        attractor_core::ErrorKind::Locked => "wait until that process has ended, or stop it",
        attractor_core::ErrorKind::Io => "name a directory that you may write to with --logs DIR",
        _ => "`attractor run --help` lists what can be set",
    };
    Error::misuse(error.to_string()).hint(hint).caused_by(error)
}
