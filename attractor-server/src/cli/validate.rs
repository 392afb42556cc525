//! `attractor validate FILE…`.

use std::path::{Path, PathBuf};

use attractor_core::{Diagnostic, Severity};
use clap::Args;
use serde_json::{Value, json};

use super::OutputArgs;
use crate::console::style;
use crate::exit::Exit;
use crate::{Error, compose, console, diagnostics, source};

/// Check pipelines and show what is wrong, where, and how to fix it.
#[derive(Args, Debug)]
pub(super) struct ValidateArgs {
    /// The pipelines to check; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

/// What was found in one file.
struct Checked {
    path: PathBuf,
    text: String,
    result: Result<Vec<Diagnostic>, Error>,
}

pub(super) fn execute(args: &ValidateArgs) -> Exit {
    let checked: Vec<Checked> = args.files.iter().map(|path| check(path)).collect();
    if args.output.json {
        let files: Vec<Value> = checked.iter().map(as_json).collect();
        console::out(json!({ "version": 1, "files": files }).to_string());
    } else {
        checked.iter().for_each(show);
    }
    checked
        .iter()
        .map(exit_of)
        .max_by_key(|exit| exit.code())
        .unwrap_or(Exit::Success)
}

fn check(path: &Path) -> Checked {
    match source::read(path) {
        Err(error) => Checked {
            path: path.into(),
            text: String::new(),
            result: Err(error),
        },
        Ok(text) => {
            let found = compose::diagnose(&text);
            Checked {
                path: path.into(),
                text,
                result: Ok(found),
            }
        }
    }
}

fn exit_of(checked: &Checked) -> Exit {
    match &checked.result {
        Err(error) => error.exit(),
        Ok(found) if has_errors(found) => Exit::Failure,
        Ok(_) => Exit::Success,
    }
}

fn has_errors(found: &[Diagnostic]) -> bool {
    found
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

fn show(checked: &Checked) {
    let found = match &checked.result {
        Err(error) => return console::show_error(error),
        Ok(found) => found,
    };
    let rendered = diagnostics::render(&checked.path, &checked.text, found);
    if !rendered.is_empty() {
        console::out(rendered.trim_end());
        console::out("");
    }
    let (good, bad) = (style::GOOD, style::ERROR);
    let path = checked.path.display();
    match (has_errors(found), diagnostics::count(found)) {
        (true, count) => console::out(format!("{bad}invalid{bad:#} {path}: {count}")),
        (false, count) if count.is_empty() => console::out(format!("{good}valid{good:#} {path}")),
        (false, count) => console::out(format!("{good}valid{good:#} {path} ({count})")),
    }
}

/// One file of the report.
fn as_json(checked: &Checked) -> Value {
    let path = checked.path.display().to_string();
    match &checked.result {
        Err(error) => json!({ "path": path, "valid": false, "error": error.to_string() }),
        Ok(found) => {
            let diagnostics = diagnostics::to_json(&checked.text, found);
            json!({ "path": path, "valid": !has_errors(found), "diagnostics": diagnostics })
        }
    }
}
