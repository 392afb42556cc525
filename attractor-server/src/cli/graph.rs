//! `attractor graph FILE` and `attractor graph --run RUN_DIR`.

use std::path::{Path, PathBuf};

use attractor_core::Graph;
use attractor_core::journal::RunDirectory;
use clap::{Args, ValueEnum};

use crate::exit::Exit;
use crate::picture::{self, Overlay};
use crate::record::Record;
use crate::{Error, console, diagnostics, place, source};

/// Print a pipeline as a picture, coloured by what happened in a run of it.
#[derive(Args, Debug)]
pub(super) struct GraphArgs {
    /// The pipeline; `-` is standard input.
    #[arg(value_name = "FILE", required_unless_present = "run")]
    file: Option<PathBuf>,
    /// Draw the pipeline of this run instead, coloured by what happened.
    #[arg(long, value_name = "RUN_DIR", conflicts_with = "file")]
    run: Option<PathBuf>,
    /// What to print [default: dot if the file of --output ends in .dot or .gv, else svg].
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A picture for browsers and editors.
    Svg,
    /// Text for Graphviz.
    Dot,
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
    let drawn = match (&args.run, &args.file) {
        (Some(run), _) => Some(of_run(run, format(args))?),
        (None, Some(file)) => of_file(file, format(args))?,
        (None, None) => None,
    };
    let Some(text) = drawn else {
        return Ok(Exit::Failure);
    };
    match &args.output {
        None => {
            console::out_raw(&text);
        }
        Some(path) => std::fs::write(path, text).map_err(|error| {
            Error::misuse(format!("can't write {}: {error}", path.display()))
                .hint("choose a path in a directory that exists and that you may write to")
        })?,
    }
    Ok(Exit::Success)
}

fn format(args: &GraphArgs) -> Format {
    let end = args.output.as_deref().and_then(Path::extension);
    args.format
        .unwrap_or(match end.and_then(|end| end.to_str()) {
            Some("dot" | "gv") => Format::Dot,
            _ => Format::Svg,
        })
}

/// The picture of a file; nothing if it isn't a pipeline, which has been said then.
fn of_file(file: &Path, format: Format) -> Result<Option<String>, Error> {
    let text = source::read(file)?;
    match Graph::parse(&text) {
        Ok((graph, _)) => render(&graph, None, format).map(Some),
        Err(errors) => {
            let found = errors.diagnostics();
            console::err(diagnostics::render(file, &text, &found).trim_end());
            Ok(None)
        }
    }
}

fn of_run(run: &Path, format: Format) -> Result<String, Error> {
    let record = Record::open(run)?;
    let directory = place::existing_run_dir(run)?;
    let directory = RunDirectory::open(directory).map_err(Record::damaged)?;
    let overlay = Overlay::of(&record.entries, directory.is_executing());
    render(&record.graph, Some(&overlay), format)
}

fn render(graph: &Graph, overlay: Option<&Overlay>, format: Format) -> Result<String, Error> {
    match (format, overlay) {
        (Format::Svg, None) => picture::svg(graph),
        (Format::Svg, Some(overlay)) => picture::svg_of_run(graph, overlay),
        (Format::Dot, None) => Ok(picture::dot(graph)),
        (Format::Dot, Some(overlay)) => Ok(picture::dot_of_run(graph, overlay)),
    }
}
