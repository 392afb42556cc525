use std::path::{Path, PathBuf};

use attractor_core::{Diagnostic, Severity};
use clap::Args;
use serde_json::{Map, Value, json};

use super::Place;
use crate::cli::remote::show;
use crate::console::style;
use crate::domain::{AttractorId, ModelConfig, RunType};
use crate::exit::Exit;
use crate::{Error, compose, console, diagnostics, source};

/// Pushes a pipeline to a server.
#[derive(Args, Debug)]
pub(super) struct PushArgs {
    /// The pipeline; `-` is standard input.
    file: PathBuf,
    /// The attractor's name [default: the file's, without its ending].
    #[arg(long)]
    name: Option<String>,
    /// The file's path in the repository [default: the file's name].
    #[arg(long, value_name = "PATH")]
    repo_path: Option<String>,
    /// What runs of it usually are: planning, implementation or task [default of a new one: task].
    #[arg(long = "type", value_name = "TYPE")]
    run_type: Option<RunType>,
    /// What it is for.
    #[arg(long)]
    description: Option<String>,
    /// The model of runs that name none: provider/model.
    #[arg(long, value_name = "PROVIDER/MODEL", value_parser = crate::cli::value::parse_model_config)]
    model: Option<ModelConfig>,
    /// The newest version that you know of: if there is a newer one, nothing is changed.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(0..))]
    expected_version: Option<i64>,
}

impl PushArgs {
    fn name(&self) -> Result<String, Error> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let stem = self.file.file_stem().and_then(|stem| stem.to_str());
        stem.filter(|stem| *stem != "-")
            .map(str::to_owned)
            .ok_or_else(|| Error::misuse("the attractor has no name").hint("name it with --name"))
    }

    /// What a body has of what was said.
    fn given(&self) -> Map<String, Value> {
        let fields = [
            ("repoPath", self.repo_path.clone().map(Value::from)),
            ("defaultRunType", self.run_type.map(|it| json!(it))),
            ("description", self.description.clone().map(Value::from)),
            ("modelConfig", self.model.as_ref().map(|it| json!(it))),
        ];
        let given = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        given.collect()
    }
}

pub(super) async fn push(place: &Place<'_>, args: PushArgs) -> Result<Exit, Error> {
    let name = args.name()?;
    let text = source::read(&args.file)?;
    check(&args.file, &text, place.json)?;
    let known = place.remote.attractors(&place.project).await?;
    let known = known
        .iter()
        .find(|it| it["name"] == name.as_str() || it["id"] == name.as_str());
    let before = known.map(|it| it["contentVersion"].as_i64().unwrap_or_default());
    let pushed = match known {
        Some(known) => change(place, known, &args, &text).await,
        None => create(place, &name, &args, &text).await,
    };
    let pushed = pushed.map_err(|error| told(error, &args.file, &text, place.json))?;
    if place.json {
        show::json(&pushed);
        return Ok(Exit::Success);
    }
    let (name, good) = (show::cell(&pushed, "name"), style::GOOD);
    let version = pushed["contentVersion"].as_i64().unwrap_or_default();
    console::out(match before {
        Some(before) if before == version => format!("unchanged {name} (version {version})"),
        _ => format!("{good}pushed{good:#} {name} (version {version})"),
    });
    Ok(Exit::Success)
}

/// Shows what is wrong with a pipeline as `validate` does; one with errors isn't sent.
fn check(path: &Path, text: &str, json: bool) -> Result<(), Error> {
    // Like the server, which has none of the files that it may name.
    let found = match compose::checker().prepare(text) {
        Ok(pipeline) => pipeline.diagnostics().to_vec(),
        Err(error) => error.diagnostics,
    };
    let rendered = diagnostics::render(path, text, &found);
    if !json && !rendered.is_empty() {
        console::err(rendered.trim_end());
    }
    let is_error = |it: &Diagnostic| it.severity == Severity::Error;
    if !found.iter().any(is_error) {
        return Ok(());
    }
    let message = format!("invalid {}: {}", path.display(), diagnostics::count(&found));
    Err(Error::new(crate::ErrorKind::InvalidPipeline, message)
        .diagnosed(diagnostics::to_json(text, &found)))
}

/// Shows what a server finds in a pipeline in which nothing was found here: it may know more rules.
fn told(error: Error, path: &Path, text: &str, json: bool) -> Error {
    let answer = error.answer().cloned().unwrap_or_default();
    let Some(found) = answer["details"]["validation"]["diagnostics"]
        .as_array()
        .cloned()
    else {
        return error;
    };
    // Of what can't be read there is the number in the error.
    let read = found.iter().cloned().map(show::clean);
    let read: Vec<Diagnostic> = read
        .filter_map(|it| serde_json::from_value(it).ok())
        .collect();
    let rendered = diagnostics::render(path, text, &read);
    if !json && !rendered.is_empty() {
        console::err(rendered.trim_end());
    }
    Error::new(crate::ErrorKind::InvalidPipeline, error.to_string())
        .diagnosed(found)
        .answered(answer)
}

async fn create(
    place: &Place<'_>,
    name: &str,
    args: &PushArgs,
    text: &str,
) -> Result<Value, Error> {
    if args.expected_version.is_some_and(|version| version > 0) {
        return Err(
            Error::misuse(format!("there is no attractor {name:?} to have a version"))
                .hint("leave --expected-version out to make a new one"),
        );
    }
    let file = args.file.file_name().and_then(|name| name.to_str());
    let path = file.filter(|name| *name != "-").map(str::to_owned);
    let mut new = args.given();
    new.insert("name".to_owned(), name.into());
    new.insert("content".to_owned(), text.into());
    new.entry("defaultRunType")
        .or_insert_with(|| json!(RunType::Task));
    new.entry("repoPath")
        .or_insert_with(|| path.unwrap_or_else(|| format!("{name}.dot")).into());
    Ok(place
        .remote
        .create_attractor(&place.project, new.into())
        .await?)
}

async fn change(
    place: &Place<'_>,
    known: &Value,
    args: &PushArgs,
    text: &str,
) -> Result<Value, Error> {
    let id: AttractorId = show::id(known)?;
    // What was written in between isn't written over, even if the person doesn't say what they know of.
    let expected = match args.expected_version {
        Some(version) => version,
        None => known["contentVersion"].as_i64().unwrap_or_default(),
    };
    let mut change = args.given();
    change.insert("content".to_owned(), text.into());
    change.insert("expectedContentVersion".to_owned(), expected.into());
    let changed = place
        .remote
        .change_attractor(&place.project, &id, change.into());
    Ok(changed.await?["attractor"].take())
}
