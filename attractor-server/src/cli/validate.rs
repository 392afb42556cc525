//! `attractor validate FILE…`.

use std::path::{Path, PathBuf};

use attractor_core::lint::{RulePolicy, apply_edits, rules, suggestion};
use attractor_core::{Diagnostic, Severity};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::rewrite;
use crate::console::style;
use crate::diagnostics::sarif;
use crate::exit::Exit;
use crate::{Error, compose, console, diagnostics, source};

/// Times a file is fixed and checked again: a mistake in the text hides those in the graph.
const MAX_FIXES: usize = 10;

/// In place of a rule: all warnings.
const WARNINGS: &str = "warnings";

/// Check pipelines and show what is wrong, where, and how to fix it.
#[derive(Args, Debug)]
pub(super) struct ValidateArgs {
    /// The pipelines to check; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A node that can't reach the exit is an error, too.
    #[arg(long)]
    strict: bool,
    /// What this rule finds is an error; `warnings` stands for all warnings.
    #[arg(long, value_name = "RULE")]
    deny: Vec<String>,
    /// Leave out the warnings and notes of this rule.
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
    /// Write to the files what can be fixed in one way only, then check them.
    #[arg(long)]
    fix: bool,
    /// How the findings are printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// The same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: the source line, a caret, and what to do.
    Human,
    /// For programs; docs/validate.schema.json is its schema.
    Json,
    /// For code hosts: SARIF 2.1.0.
    Sarif,
}

/// What was found in one file.
struct Checked {
    path: PathBuf,
    text: String,
    result: Result<Vec<Diagnostic>, Error>,
}

pub(super) fn execute(args: &ValidateArgs) -> Exit {
    let policy = match policy(args) {
        Ok(policy) => policy,
        Err(error) => {
            console::show_error(&error);
            return error.exit();
        }
    };
    let files = args.files.iter();
    let checked: Vec<Checked> = files.map(|path| check(args, path, &policy)).collect();
    match if args.json { Format::Json } else { args.format } {
        Format::Human => checked.iter().for_each(show),
        Format::Json => {
            let files: Vec<Value> = checked.iter().map(as_json).collect();
            console::out(json!({ "version": 1, "files": files }).to_string());
        }
        Format::Sarif => console::out(as_sarif(&checked).to_string()),
    }
    checked
        .iter()
        .map(exit_of)
        .max_by_key(|exit| exit.code())
        .unwrap_or(Exit::Success)
}

fn policy(args: &ValidateArgs) -> Result<RulePolicy, Error> {
    let mut policy = RulePolicy::new().strict(args.strict);
    for rule in &args.deny {
        policy = match rule.as_str() {
            WARNINGS => policy.deny_warnings(true),
            rule => policy.deny(known(rule, &[WARNINGS])?),
        };
    }
    for rule in &args.allow {
        policy = policy.allow(known(rule, &[])?);
    }
    Ok(policy)
}

/// The rule if there is one of the name.
fn known<'a>(rule: &'a str, besides: &[&'static str]) -> Result<&'a str, Error> {
    let names = || rules().iter().map(|rule| rule.name);
    if names().any(|name| name == rule) {
        return Ok(rule);
    }
    let hint = match suggestion(rule, names().chain(besides.iter().copied())) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("the rules are {}", names().collect::<Vec<_>>().join(", ")),
    };
    Err(Error::misuse(format!("there is no rule `{rule}`")).hint(hint))
}

fn check(args: &ValidateArgs, path: &Path, policy: &RulePolicy) -> Checked {
    let read =
        source::read(path).and_then(|text| if args.fix { fix(path, text) } else { Ok(text) });
    let (text, result) = match read {
        Ok(text) => {
            let found = policy.apply(compose::diagnose(&text, path));
            (text, Ok(found))
        }
        Err(error) => (String::new(), Err(error)),
    };
    Checked {
        path: path.into(),
        text,
        result,
    }
}

/// Writes what can be fixed, and gives the text as it is then.
fn fix(path: &Path, before: String) -> Result<String, Error> {
    if path == Path::new("-") {
        let text = "--fix writes to files, and standard input is none";
        return Err(Error::misuse(text).hint("name the file"));
    }
    let mut text = before.clone();
    for _ in 0..MAX_FIXES {
        let found = compose::diagnose(&text, path);
        let fixed = apply_edits(&text, found.iter().flat_map(|found| &found.edits));
        if fixed == text {
            break;
        }
        text = fixed;
    }
    if text != before {
        rewrite::replace(path, &text)?;
    }
    Ok(text)
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

fn as_sarif(checked: &[Checked]) -> Value {
    let files: Vec<sarif::Checked<'_>> = checked
        .iter()
        .map(|checked| {
            let found = checked.result.as_ref();
            let found = found.map(Vec::as_slice).map_err(ToString::to_string);
            (checked.path.as_path(), checked.text.as_str(), found)
        })
        .collect();
    sarif::log(&files)
}
