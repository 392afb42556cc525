//! `attractor demo`.

use std::path::Path;

use attractor_core::engine::RunOptions;
use clap::Args;

use crate::console::{self, style};
use crate::exit::Exit;
use crate::settings::Settings;
use crate::{Error, compose, demo, env, place, report, workspace};

/// Fix a failing test in a small repository, with a scripted model.
///
/// Needs no key, no configuration and no network: only a POSIX shell and git.
#[derive(Args, Debug)]
pub(super) struct DemoArgs {}

pub(super) fn execute(_: DemoArgs) -> Exit {
    report::or_show(false, show())
}

fn show() -> Result<Exit, Error> {
    if env::is_set("TEST_COMMAND") {
        return Err(
            Error::misuse("TEST_COMMAND is set, and the demo's pipeline would run it")
                .hint("unset TEST_COMMAND; attractor demo"),
        );
    }
    let stage = demo::set_the_stage()?;
    introduce(&stage);
    let settings = Settings {
        pipeline: stage.pipeline.clone(),
        before: workspace::snapshot(&stage.repository),
        workdir: stage.repository.clone(),
        model: Some(demo::MODEL.to_owned()),
        ..Settings::default()
    };
    let exit = report::block_on(walk(&stage, &settings))?;
    if exit == Exit::Success {
        show_change(&settings);
    }
    conclude(&stage);
    Ok(exit)
}

async fn walk(stage: &demo::Stage, settings: &Settings) -> Result<Exit, Error> {
    let (server, client) = demo::scripted_model().await?;
    let pipeline = super::run::prepare(&stage.pipeline, demo::PIPELINE, false)?;
    let (reporter, screen) = crate::progress::reporter(false);
    let engine = {
        let interviewer = compose::interviewer(settings, screen)?;
        compose::engine(settings, &pipeline, Some(client), interviewer)?
    };
    let options = RunOptions::new(&stage.run)
        .run_id(place::new_run_id())
        .workdir(&settings.workdir)
        .metadata(settings.to_host());
    let run = engine
        .start(&pipeline, options)
        .await
        .map_err(super::run::cannot_start)?;
    let exit = report::carry_out(run, settings, reporter, false).await;
    server.shutdown().await;
    exit
}

fn introduce(stage: &demo::Stage) {
    let (bold, dim) = (style::BOLD, style::DIM);
    console::out(format!(
        "{bold}A failing test, and a pipeline that fixes it{bold:#}"
    ));
    console::out(
        "The model's words come from a script. Everything else is real: the parser, the engine,\n\
         the agent loop, the HTTP client, the tools, git, and the tests.\n",
    );
    console::out(format!(
        "  {dim}workspace{dim:#}      {}",
        stage.repository.display()
    ));
    console::out(format!(
        "  {dim}pipeline{dim:#}       {}\n",
        stage.pipeline.display()
    ));
}

fn show_change(settings: &Settings) {
    let bold = style::BOLD;
    let change = settings.before.as_ref().and_then(|before| {
        let after = workspace::snapshot(&settings.workdir)?;
        workspace::diff(&settings.workdir, before, &after)
    });
    console::out(format!(
        "\n{bold}The change that made the tests pass{bold:#}\n"
    ));
    for line in change.unwrap_or_default().lines() {
        let style = match line.as_bytes() {
            [b'+', ..] if !line.starts_with("+++") => style::GOOD,
            [b'-', ..] if !line.starts_with("---") => style::ERROR,
            _ => style::DIM,
        };
        console::out(format!("{style}{line}{style:#}"));
    }
}

fn conclude(stage: &demo::Stage) {
    let bold = style::BOLD;
    let program = program();
    let pipeline = demo::pipeline_for_the_reader(stage);
    console::out(format!(
        "\n{bold}The same on your repository, with your key{bold:#}\n"
    ));
    console::out("  export ANTHROPIC_API_KEY=...");
    console::out(format!(
        "  TEST_COMMAND=\"cargo test\" {program} run {} \\\n      --model {} --workdir YOUR_REPOSITORY",
        pipeline.display(),
        demo::MODEL
    ));
}

/// How the reader calls this program: as they did, or from the build's directory.
fn program() -> String {
    let called = std::env::args_os()
        .next()
        .map(std::path::PathBuf::from)
        .unwrap_or_default();
    if called.components().count() > 1 {
        shorten(&called)
    } else {
        "attractor".to_owned()
    }
}

fn shorten(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here)
        .unwrap_or(path)
        .display()
        .to_string()
}
