use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::Place;
use crate::cli::remote::{name, show};
use crate::domain::{ArtifactId, ArtifactKey, RunId};
use crate::progress::format;
use crate::{Error, console};

#[derive(Args, Debug)]
pub(super) struct DownloadArgs {
    /// The run.
    run: String,
    /// The artifact, by its key or id.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    artifact: Option<String>,
    /// All artifacts, each below the directory by its key.
    #[arg(long)]
    all: bool,
    /// Where to: a file, `-` for standard output, or a directory with --all [default: here].
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Write over files that are there.
    #[arg(long)]
    overwrite: bool,
}

pub(super) async fn list(place: &Place<'_>, given: &str) -> Result<(), Error> {
    let run = name::run(place.remote, given).await?;
    let artifacts = place.remote.artifacts(&run).await?;
    if place.json {
        show::json(&json!({ "artifacts": artifacts }));
        return Ok(());
    }
    let row = |artifact: &Value| {
        [
            show::cell(artifact, "key"),
            show::cell(artifact, "sizeBytes"),
            show::cell(artifact, "contentType"),
            show::cell(artifact, "id"),
        ]
    };
    let rows: Vec<_> = artifacts.iter().map(row).collect();
    show::table(["KEY", "BYTES", "TYPE", "ID"], &rows);
    Ok(())
}

pub(super) async fn download(place: &Place<'_>, args: &DownloadArgs) -> Result<(), Error> {
    let run = name::run(place.remote, &args.run).await?;
    let artifacts = place.remote.artifacts(&run).await?;
    let Some(given) = &args.artifact else {
        let directory = args.output.clone().unwrap_or_default();
        let mut saved = Vec::new();
        for artifact in &artifacts {
            let path = directory.join(key(artifact)?.as_str());
            save(place, (&run, artifact), &path, args.overwrite).await?;
            saved.push(told(artifact, &path, place.json));
        }
        if place.json {
            show::json(&json!({ "artifacts": saved }));
        }
        return Ok(());
    };
    let artifact = find(given, &artifacts)?;
    if args.output.as_deref() == Some(Path::new("-")) {
        return print(place, (&run, artifact)).await;
    }
    let key = key(artifact)?;
    let name = key.as_str().rsplit('/').next().unwrap_or_default();
    let path = args.output.clone().unwrap_or_else(|| name.into());
    save(place, (&run, artifact), &path, args.overwrite).await?;
    let saved = told(artifact, &path, place.json);
    if place.json {
        show::json(&saved);
    }
    Ok(())
}

/// What an artifact is called: a path that leads nowhere else, whatever the server says.
fn key(artifact: &Value) -> Result<ArtifactKey, Error> {
    let text = artifact["key"].as_str().unwrap_or_default().to_owned();
    Ok(ArtifactKey::try_from(text)?)
}

fn find<'a>(given: &str, artifacts: &'a [Value]) -> Result<&'a Value, Error> {
    let mut found = artifacts
        .iter()
        .filter(|it| it["id"] == given || it["key"] == given);
    found.next().ok_or_else(|| {
        let error = Error::misuse(format!("the run has no artifact {given:?}"));
        match artifacts {
            [] => error.hint("it has left none"),
            _ => error.hint(format!(
                "it has left {}",
                show::cells(artifacts, "key").join(", ")
            )),
        }
    })
}

/// Writes an artifact to a file: whole, and what it's said to be, or not at all.
async fn save(
    place: &Place<'_>,
    (run, artifact): (&RunId, &Value),
    path: &Path,
    overwrite: bool,
) -> Result<(), Error> {
    let failed =
        |error: std::io::Error| Error::misuse(format!("can't write {}: {error}", path.display()));
    if !overwrite && path.symlink_metadata().is_ok() {
        return Err(
            Error::misuse(format!("{} is there already", path.display()))
                .hint("write over it with --overwrite, or elsewhere with --output"),
        );
    }
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(directory).map_err(failed)?;
    let mut file = NamedTempFile::new_in(directory).map_err(failed)?;
    let id: ArtifactId = show::id(artifact)?;
    let (mut sum, mut pieces) = (Sha256::new(), place.remote.download(run, &id).await?);
    while let Some(piece) = place.remote.next_piece(&mut pieces).await? {
        sum.update(&piece);
        file.write_all(&piece).map_err(failed)?;
    }
    let sum: String = sum
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if artifact["sha256"]
        .as_str()
        .is_some_and(|expected| expected != sum)
    {
        return Err(
            Error::failure("what came isn't what the artifact is said to be")
                .hint("try again: it may have been written anew"),
        );
    }
    let kept = match overwrite {
        true => file.persist(path).map(|_| ()),
        false => file.persist_noclobber(path).map(|_| ()),
    };
    kept.map_err(|error| failed(error.error))
}

/// Writes an artifact to standard output, on a terminal without what it would act on.
async fn print(place: &Place<'_>, (run, artifact): (&RunId, &Value)) -> Result<(), Error> {
    let id: ArtifactId = show::id(artifact)?;
    let is_terminal = std::io::stdout().is_terminal();
    let mut pieces = place.remote.download(run, &id).await?;
    while let Some(piece) = place.remote.next_piece(&mut pieces).await? {
        let is_read = match is_terminal {
            true => console::out_raw(&format::harmless(&String::from_utf8_lossy(&piece))),
            false => console::out_bytes(&piece),
        };
        if !is_read {
            break;
        }
    }
    Ok(())
}

/// Says where an artifact is now.
fn told(artifact: &Value, path: &Path, json: bool) -> Value {
    if !json {
        console::err(format!(
            "{} ({} bytes)",
            show::harmless(&path.display().to_string()),
            show::cell(artifact, "sizeBytes")
        ));
    }
    json!({ "id": artifact["id"], "key": artifact["key"], "path": path })
}
