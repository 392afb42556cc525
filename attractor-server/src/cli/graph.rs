//! `attractor graph FILE`.

use std::path::PathBuf;

use attractor_core::Graph;
use clap::Args;

use crate::exit::Exit;
use crate::{Error, console, diagnostics, picture, source};

/// Print a pipeline as SVG. No Graphviz is needed.
#[derive(Args, Debug)]
pub(super) struct GraphArgs {
    /// The pipeline; `-` is standard input.
    file: PathBuf,
    /// Write to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn execute(args: &GraphArgs) -> Exit {
    match draw(args) {
        Ok(exit) => exit,
        Err(error) => {
            console::show_error(&error);
            error.exit()
        }
    }
}

fn draw(args: &GraphArgs) -> Result<Exit, Error> {
    let text = source::read(&args.file)?;
    let graph = match Graph::parse(&text) {
        Ok((graph, _)) => graph,
        Err(errors) => {
            let found = errors.diagnostics();
            console::err(diagnostics::render(&args.file, &text, &found).trim_end());
            return Ok(Exit::Failure);
        }
    };
    let svg = picture::svg(&graph)?;
    match &args.output {
        None => {
            console::out_raw(&svg);
        }
        Some(path) => std::fs::write(path, svg).map_err(|error| {
            Error::misuse(format!("can't write {}: {error}", path.display()))
                .hint("choose a path in a directory that exists and that you may write to")
        })?,
    }
    Ok(Exit::Success)
}
